#include "core/command/command.h"

#include "core/base/check.h"
#include "core/command/text.h"

namespace hc {
namespace {

constexpr std::size_t kPreviewMax = 128;

// As C sees it: up to the first zero byte.
Bytes c_string(Bytes bytes) { return bytes.substr(0, bytes.find('\0')); }

std::string preview(Args args) {
  std::string text;
  for (std::size_t i = 1; i < args.size() && text.size() < kPreviewMax; ++i) {
    const Bytes shown = c_string(args[i]).substr(0, kPreviewMax - text.size());
    text += '\'';
    text += shown;
    text += "' ";
  }
  return text;
}

}  // namespace

std::optional<Reply> refuse(const CommandSpec* spec, Args args) {
  if (spec == nullptr) {
    const std::string name(c_string(args[0]).substr(0, kPreviewMax));
    return command::error_quoting("ERR unknown command '" + name + "', with args beginning with: " + preview(args));
  }
  const auto count = static_cast<int>(args.size());
  if (spec->arity >= 0 ? count == spec->arity : count >= -spec->arity) return std::nullopt;
  return wrong_arity(spec->name);
}

Reply execute(const CommandSpec& spec, Args args, Execution& x) {
  HC_CHECK(spec.run != nullptr, std::string(spec.name) + " does not run on a table");
  return spec.run(args, x);
}

KeyHashes touched_keys(const CommandSpec& spec, Args args) {
  KeyHashes hashes;
  for_each_key(spec, args, [&](Bytes key) { hashes.push(hash_of(key)); });
  return hashes;
}

Reply wrong_arity(std::string_view full_name) {
  return Reply::error("ERR wrong number of arguments for '" + std::string(full_name) + "' command");
}

Reply help_of(std::span<const std::string_view> lines) {
  std::vector<Reply> statuses;
  for (const std::string_view line : lines) statuses.push_back(Reply::simple(line));
  return Reply::array(std::move(statuses));
}

Reply unknown_subcommand(std::string_view container, Bytes subcommand) {
  const std::string shown(c_string(subcommand).substr(0, kPreviewMax));
  return command::error_quoting("ERR unknown subcommand '" + shown + "'. Try " + std::string(container) + " HELP.");
}

}  // namespace hc
