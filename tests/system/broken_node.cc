// hypercache-node with rules broken on purpose: the same sources over core_sim_*, and HYPERCACHE_MUTANT says which
// rules, by the names of core/base/mutants.def, separated by commas. The failover harness must find what that does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/base/seam.h"

namespace {

// Before main() of runtime/main.cc.
const bool broken = [] {
  const char* given = std::getenv("HYPERCACHE_MUTANT");
  std::string_view names = given ? given : "";
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const auto mutant = hc::seam::mutant_named(name);
    if (!mutant) {
      std::fprintf(stderr, "HYPERCACHE_MUTANT: no mutant '%.*s': give names of core/base/mutants.def\n",
                   static_cast<int>(name.size()), name.data());
      std::exit(64);
    }
    hc::seam::active.set(static_cast<std::size_t>(*mutant));
  }
  return true;
}();

}  // namespace
