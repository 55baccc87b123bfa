#include "runtime/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "runtime/option_table.h"

namespace hc {

namespace {

constexpr const char* kExample = "write flags without their dashes, in TOML, for instance resp-port = 6379";

// Options whose flag takes a number or a word of a list may be given bare; the others are texts.
bool takes_text(const OptionSpec& spec) {
  constexpr std::string_view kBare[] = {"N", "NUMBER", "PORT", "BYTES", "RATE", "WORD", ""};
  return std::ranges::find(kBare, spec.value) == std::end(kBare);
}

std::string digits(double number) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.begin(), text.end(), number).ptr};
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  void read(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      place_ = path_ + ":" + std::to_string(key.source().begin.line) + ": ";
      const auto spec = std::ranges::find(option_table(), name, &OptionSpec::name);
      if (node.is_table() || node.is_array_of_tables())
        wrong("'" + name + "' is a table, and there are none here: " + kExample);
      else if (spec == option_table().end())
        wrong("'" + name + "' is no option: docs/CONFIGURATION.md has them all; " + kExample);
      else
        option(*spec, node);
    }
  }

  std::vector<ConfigWord> words;
  std::vector<std::string> errors;

 private:
  void option(const OptionSpec& spec, const toml::node& node) {
    place_ += spec.name;
    ConfigWord word{spec.name, place_, {}};
    if (const toml::array* array = node.as_array()) {
      if (spec.kind != OptionSpec::Kind::kList) return wrong(": is an array: give one value");
      for (const toml::node& element : *array) value(spec, element, word);
    } else {
      value(spec, node, word);
    }
    words.push_back(std::move(word));
  }

  void value(const OptionSpec& spec, const toml::node& node, ConfigWord& word) {
    if (const auto* text = node.as_string()) {
      word.values.push_back(text->get());
    } else if (takes_text(spec)) {
      wrong(": is no text: put the value between quotes");
    } else if (const auto* whole = node.as_integer()) {
      word.values.push_back(std::to_string(whole->get()));
    } else if (const auto* real = node.as_floating_point()) {
      word.values.push_back(digits(real->get()));
    } else if (const auto* truth = node.as_boolean()) {
      word.values.emplace_back(truth->get() ? "true" : "false");
    } else {
      wrong(": is neither a text nor a number: give one");
    }
  }

  void wrong(const std::string& what) { errors.push_back(place_ + what); }

  std::string path_, place_;
};

}  // namespace

std::expected<std::vector<ConfigWord>, std::vector<std::string>> read_config_file(const std::string& path) {
  const auto failed = [](std::string what) { return std::unexpected(std::vector{std::move(what)}); };
  std::ifstream file(path);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored))
    return failed("--config: value '" + path + "': cannot be read: give a TOML file");
  try {
    Reader reader(path);
    reader.read(toml::parse(file, path));
    if (!reader.errors.empty()) return std::unexpected(std::move(reader.errors));
    std::ranges::sort(reader.words, {}, &ConfigWord::option);
    return std::move(reader.words);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return failed(path + ":" + std::to_string(line) + ": " + std::string(error.description()) + ": " + kExample);
  }
}

}  // namespace hc
