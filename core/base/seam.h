// The one seam through which tests reach into core: mutants (a rule of docs/PROTOCOL.md removed or bent, by name:
// core/base/mutants.def) and BUGGIFY points (rare ways that are legal, taken more often: core/base/buggify.def).
//
// In production (targets core_*) HC_MUTANT(x) and HC_BUGGIFY(x) are the constant false and nothing of this exists. In
// the simulator (targets core_sim_*, HC_SIM=1) a run switches mutants on by name; one that is off changes no trace.
// BUGGIFY strikes by chance, each point from a stream of its own, only while a run says so. HC_SIZE(x, usual) is a size
// that tests make small, so that what happens at it happens often.
#pragma once

#ifdef HC_SIM
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/random.h"

namespace hc::seam {

// ---- mutants

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
// Of the run that this process is in: a simulation has one thread, and a sweep one process for each of its jobs.
inline MutantSet active;
inline MutantSet reached;  // whose place in the code a run came by, switched on or not

inline bool on(Mutant mutant) {
  reached.set(static_cast<std::size_t>(mutant));
  return active[static_cast<std::size_t>(mutant)];
}
inline std::optional<Mutant> mutant_named(std::string_view name) {
  for (std::size_t i = 0; i < kMutants; ++i)
    if (kMutantInfo[i].name == name) return static_cast<Mutant>(i);
  return std::nullopt;
}

// ---- BUGGIFY

enum class Point : std::size_t {
#define HC_BUGGIFY_ROW(identifier, name, ppm, what) identifier,
#include "core/base/buggify.def"
#undef HC_BUGGIFY_ROW
  kCount
};
inline constexpr std::size_t kPoints = static_cast<std::size_t>(Point::kCount);

struct PointInfo {
  std::string_view name;
  std::uint32_t ppm;
};
inline constexpr PointInfo kPointInfo[] = {
#define HC_BUGGIFY_ROW(identifier, name, ppm, what) {name, ppm},
#include "core/base/buggify.def"
#undef HC_BUGGIFY_ROW
};

struct Buggify {
  bool on = false;             // now; a run switches it off to let the world settle
  std::bitset<kPoints> drawn;  // the points that may strike in this run
  std::vector<Random> chance;  // of each point
  std::array<std::uint64_t, kPoints> struck{};
};
inline std::optional<Buggify> buggify;

inline bool strikes(Point point) {
  if (!buggify || !buggify->on) return false;
  const auto i = static_cast<std::size_t>(point);
  if (!buggify->drawn[i] || !buggify->chance[i].ppm(kPointInfo[i].ppm)) return false;
  ++buggify->struck[i];
  return true;
}

// ---- sizes

struct Sizes {
  std::optional<std::uint32_t> page_places;  // of the largest page (core/store/key_pages.cc): a power of two from 8 on
  std::optional<unsigned> page_depth;        // bits of a hash that nodes take, at most
};
inline Sizes sizes;

}  // namespace hc::seam
#define HC_SIZE(identifier, usual) (::hc::seam::sizes.identifier.value_or(usual))
#define HC_MUTANT(identifier) (::hc::seam::on(::hc::seam::Mutant::identifier))
#define HC_BUGGIFY(identifier) (::hc::seam::strikes(::hc::seam::Point::identifier))
#else
#define HC_SIZE(identifier, usual) (usual)
#define HC_MUTANT(identifier) false
#define HC_BUGGIFY(identifier) false
#endif
