// The one seam through which tests reach into core: mutants (a rule of docs/PROTOCOL.md removed or bent, by name).
//
// In production (targets core_*) HC_MUTANT(x) is the constant false and nothing of this exists. In the simulator
// (targets core_sim_*, HC_SIM=1) a run switches mutants on by name; one that is off changes no trace.
#pragma once

#ifdef HC_SIM
#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hc::seam {

enum class Mutant : std::size_t {
#define HC_MUTANT_ROW(identifier, name, rule, note) identifier,
#include "core/base/mutants.def"
#undef HC_MUTANT_ROW
  kCount
};
inline constexpr std::size_t kMutants = static_cast<std::size_t>(Mutant::kCount);

struct MutantInfo {
  std::string_view name;  // as in docs/PROTOCOL.md: "no-epoch-check"
  std::string_view rule;  // "4a"
  std::string_view note;  // core/base/mutants.def
};
inline constexpr MutantInfo kMutantInfo[] = {
#define HC_MUTANT_ROW(identifier, name, rule, note) {name, rule, note},
#include "core/base/mutants.def"
#undef HC_MUTANT_ROW
};

using MutantSet = std::bitset<kMutants>;
inline thread_local MutantSet active;

inline bool on(Mutant mutant) { return active[static_cast<std::size_t>(mutant)]; }
inline std::optional<Mutant> mutant_named(std::string_view name) {
  for (std::size_t i = 0; i < kMutants; ++i)
    if (kMutantInfo[i].name == name) return static_cast<Mutant>(i);
  return std::nullopt;
}

}  // namespace hc::seam
#define HC_MUTANT(identifier) (::hc::seam::on(::hc::seam::Mutant::identifier))
#else
#define HC_MUTANT(identifier) false
#endif
