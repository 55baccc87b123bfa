// The one description of every option: how it is called, what it takes, what holds when nobody says anything, and what
// it is for. Flags, the file, the environment, --help, docs/CONFIGURATION.md and CONFIG GET all come from it.
//
// An option `resp-port` is the flag --resp-port, `resp-port = …` in the file, and HYPERCACHE_RESP_PORT in the
// environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/options.h"

namespace hc {

// What was said, and what was left open: some of that follows from the rest (settle() in options.cc).
struct Given {
  Options options;
  bool id = false;
  std::optional<std::uint16_t> resp_port, http_port, gossip_port;
  std::optional<std::string> data_dir;
  std::optional<bool> slot_loss_wait;
};

struct OptionSpec {
  enum class Kind : std::uint8_t { kValue, kList, kSwitch };

  std::string name;
  std::string group;
  std::string value;     // what stands for it in texts, as "PORT"
  std::string fallback;  // the default, for people
  std::string summary;
  // One value (one element of a list; "true" or "false" of a switch). An error says what to give instead.
  std::function<std::optional<std::string>(Given&, const std::string&)> take;
  std::function<std::string(const Options&)> show;  // as CONFIG GET gives it
  Kind kind = Kind::kValue;
  bool live = false;  // CONFIG SET changes it at run time
};

// In the order in which people are told of them.
const std::vector<OptionSpec>& option_table();

std::string environment_name(std::string_view option);  // HYPERCACHE_RESP_PORT

// "host:7946", "[::1]:7946".
std::optional<Address> parse_address(std::string_view text);

}  // namespace hc
