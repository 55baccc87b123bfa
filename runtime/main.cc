// hypercache-node: one member of a HyperCache cluster, or a single node.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "runtime/options.h"
#include "runtime/server.h"

int main(int argc, char** argv) {
  const auto options = hc::parse_options(argc, argv);
  if (!options) {
    const hc::Instead& instead = options.error();
    std::fputs(instead.text.c_str(), instead.to_stderr ? stderr : stdout);
    return instead.status;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("node"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ " + hc::name_of(options->id) + " %v");
  spdlog::set_level(spdlog::level::from_str(options->log_level));
  return hc::Server(*options).run();
}
