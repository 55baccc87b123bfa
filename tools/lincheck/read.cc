#include "tools/lincheck/read.h"

namespace hc::lincheck {
namespace {

std::expected<Contents, sim::Unreadable> as(Format format, std::expected<sim::Histories, sim::Unreadable> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return Contents{*std::move(read), format};
}

}  // namespace

std::expected<Contents, sim::Unreadable> read(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return Contents{{}, Format::kJsonLines};
  if (text[first] != '{') return as(Format::kRegisterLog, read_register_log(text));
  const std::size_t second = text.find_first_not_of(kBlank, first + 1);
  if (second != std::string_view::npos && text[second] == ':')
    return as(Format::kKeyValueLog, read_key_value_log(text));
  return as(Format::kJsonLines, sim::from_json_lines(text));
}

}  // namespace hc::lincheck
