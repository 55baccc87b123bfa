// hypercache-node: one member of a HyperCache cluster, or a single node.
#include <cstdio>

#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/server.h"

int main(int argc, char** argv) {
  const auto options = hc::parse_options(argc, argv);
  if (!options) {
    const hc::Instead& instead = options.error();
    std::fputs(instead.text.c_str(), instead.to_stderr ? stderr : stdout);
    return instead.status;
  }
  if (const auto open = hc::open_log(options->log, options->id); !open) {
    std::fprintf(stderr, "hypercache-node: %s\n", open.error().c_str());
    return hc::kExitFailure;
  }
  return hc::Server(*options).run();
}
