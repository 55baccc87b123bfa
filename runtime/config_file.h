// What the TOML file of --config says, option by option: words as flags have them, each with the line where it stands.
// That they are good values is for runtime/option_table to say; here they need to be TOML, options, and no numbers
// where texts belong.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace hc {

struct ConfigWord {
  std::string option;
  std::string place;  // "node.toml:3: resp-port"
  std::vector<std::string> values;
};

// Each error names the file, the line and what to do.
std::expected<std::vector<ConfigWord>, std::vector<std::string>> read_config_file(const std::string& path);

}  // namespace hc
