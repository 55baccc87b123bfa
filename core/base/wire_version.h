// 4b: which versions of what members tell each other (core/message), and of its bytes (io), this program speaks.
// Version 2 added Digests, FillRemains, FillSums, FillWant and ReportKind::kAcceptLoss. The way: docs/FORMATS.md.
#pragma once

#include <cstdint>

namespace hc {

inline constexpr std::uint32_t kWireVersionMin = 1, kWireVersionMax = 2;

}  // namespace hc
