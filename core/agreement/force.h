// 2h: the first view of a new lineage, which an operator decrees at one member when a majority of the voters is gone
// for good. Nobody votes on it: the operator's word stands for the members that it does not name, which are stopped. A
// pure function.
//
// Its epoch lies a stride above all that the lineage before can have decided meanwhile, and tells who was asked: two
// that are forced at two members at once have two numbers, and the higher one holds. Its lists are what is left of the
// present ones, with this slot epoch, so that takeovers (6a) bring together what the named members hold, whoever of
// them has heard of one more view. Where nothing is left, the slot stays as it is and waits for those members (9a); or
// it begins anew (7e), if the operator says so.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "core/agreement/planner.h"
#include "core/view/decree.h"

namespace hc {

inline constexpr std::uint64_t kLineageStride = 1'000'000;  // epochs

// The view; or for the operator, why it may not be and what to do. `up_to_date`: this process has installed the present
// view and is in touch with us.
std::expected<ViewRef, std::string> force(NodeId asked, const View& now, const Decree& decree,
                                          const std::vector<Report>& reports, const std::vector<Seen>& seen,
                                          const std::function<bool(Incarnation)>& up_to_date);

}  // namespace hc
