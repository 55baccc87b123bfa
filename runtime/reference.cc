#include "runtime/reference.h"

#include "runtime/option_table.h"

namespace hc {

namespace {

constexpr const char* kHead =
    "# Configuration\n\n"
    "Written by `hypercache-node --reference`; do not edit. An option is the same word everywhere: the flag\n"
    "`--resp-port 6379`, the environment variable `HYPERCACHE_RESP_PORT=6379`, and `resp-port = 6379` in the TOML file "
    "that\n"
    "`--config FILE` or `HYPERCACHE_CONFIG` names. A flag is stronger than the environment, the environment stronger "
    "than the\n"
    "file, and the file stronger than the default; what is overridden is not looked at. A variable that is empty says\n"
    "nothing. Lists have their elements between commas; a flag may be repeated instead, and the file may have an "
    "array.\n"
    "What is wrong is said with its place, its value and what to do, and ends the process with status 64;\n"
    "`hypercache-node --check-config` says what would hold, and from which place each value came; what this machine "
    "does\n"
    "not allow (an address that is not its own, a folder that cannot be written to) ends it, and a start, with status "
    "1.\n\n"
    "Live options are changed at run time by `CONFIG SET`; every option is told by `CONFIG GET`. N is the number of\n"
    "`id`. \"By the founder\" means that the value of whoever founds the cluster holds for all of it.\n";

}  // namespace

std::string configuration_reference() {
  std::string text = kHead, group;
  for (const OptionSpec& spec : option_table()) {
    if (spec.group != group) {
      group = spec.group;
      text += "\n## " + group +
              "\n\n| option | environment | default | live | what it is |\n| --- | --- | --- | --- | --- |\n";
    }
    const std::string flag = "--" + spec.name + (spec.value.empty() ? "" : " " + spec.value);
    text += "| `" + flag + "` | `" + environment_name(spec.name) + "` | " + spec.fallback + " | " +
            (spec.live ? "yes" : "") + " | " + spec.summary + " |\n";
  }
  return text;
}

}  // namespace hc
