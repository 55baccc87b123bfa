#include "runtime/transfers.h"

#include <algorithm>
#include <cmath>

#include "core/replication/owed.h"

namespace hc {
namespace {

constexpr Duration kWindow = 10s, kSampleEvery = 500ms;

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

double Transfers::Transfer::progress() const {
  if (bytes_total > 0) return static_cast<double>(bytes_done) / static_cast<double>(bytes_total);
  return slots_total == 0 ? 1 : static_cast<double>(slots_done) / static_cast<double>(slots_total);
}

void Transfers::Transfer::add(const Transfer& other) {
  if (began == Time{} || other.began < began) began = other.began;
  slots_done += other.slots_done;
  slots_total += other.slots_total;
  bytes_done += other.bytes_done;
  bytes_total += other.bytes_total;
  bytes_per_second += other.bytes_per_second;
  if (!seconds_left || !other.seconds_left)
    seconds_left.reset();
  else
    seconds_left = std::max(*seconds_left, *other.seconds_left);
}

// At rest it looks at nothing but the view, for with many keys the rest costs a millisecond.
void Transfers::look(const Node& node, const ViewFigures& figures, Time now) {
  const bool other = std::exchange(view_, figures.view()) != figures.view();
  if (figures.slots_moving() > 0) return follow(node.owed(), now);
  if (!other) return;
  all_.clear();
  courses_.clear();
  for (const auto& [to, of] : node.owed()) courses_[to] = {of.slots_arrived, of.fill_bytes_arrived, {}, {}};
}

void Transfers::follow(const std::map<NodeId, Owed>& owed, Time now) {
  all_.clear();
  for (const auto& [to, of] : owed) {
    Course& course = courses_[to];
    Transfer t;
    t.slots_done = of.slots_arrived - course.slots_before;
    t.slots_total = t.slots_done + of.slots_left;
    t.bytes_done = of.fill_bytes_arrived - course.bytes_before;
    t.bytes_total = t.bytes_done + of.fill_bytes_left;
    if (t.slots_total == 0 && t.bytes_done == 0) continue;
    if (course.seen.empty()) course.began = now;
    if (course.seen.empty() || now - course.seen.back().first >= kSampleEvery)
      course.seen.emplace_back(now, t.bytes_done);
    while (course.seen.size() > 2 && now - course.seen[1].first >= kWindow) course.seen.pop_front();
    t.began = course.began;
    const auto& [since, before] = course.seen.front();
    if (now > since) t.bytes_per_second = static_cast<double>(t.bytes_done - before) / seconds(now - since);
    if (of.slots_left == 0)
      t.seconds_left = 0;
    else if (t.bytes_per_second > 0)
      t.seconds_left =
          static_cast<std::uint64_t>(std::ceil(static_cast<double>(of.fill_bytes_left) / t.bytes_per_second));
    all_[to] = t;
  }
}

Transfers::Transfer Transfers::sum() const {
  Transfer sum;
  sum.seconds_left = 0;
  for (const auto& [to, transfer] : all_) sum.add(transfer);
  return sum;
}

}  // namespace hc
