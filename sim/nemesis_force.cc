// Views that an operator forces (2h): who is told, when, and what becomes of those who are not named.
#include <algorithm>

#include "io/vote_file.h"
#include "sim/nemesis.h"
#include "sim/streams.h"

namespace hc::sim {

// Tried as often as an operator would. Those who do not run come back when it is known what became of it.
void Nemesis::force(std::uint32_t index) {
  constexpr std::uint32_t kTries = 20;
  const Fault& f = around_.setting.plan.faults[index];
  const bool told = tell_who_is_left();
  if (!told && ++force_tries_[index] < kTries) {
    active_[index] = true;
    around_.schedule.after(500ms, Kind::kFaultEnds, index);
    return;
  }
  for (const auto& m : around_.machines)
    if (f.a >> m->index() & 1 && !m->up()) start_later(m->index(), draw_log(random_, 10ms, 5s));
}

// As an operator would see it: of who does not run, in its folder.
std::uint32_t Nemesis::newest_lineage() const {
  std::uint32_t newest = 0;
  for (const auto& m : around_.machines) {
    ViewRef view = view_of(*m);
    if (!view && m->disk().file())
      if (const auto record = decode_vote(*m->disk().file())) view = record->view;
    if (view) newest = std::max(newest, view->lineage);
  }
  return newest;
}

// 2h: an operator tells of the new view before the folder that has it may be lost, or the others would go on without.
bool Nemesis::alone_knows_what_was_forced(const Machine& m) const {
  const auto on_disk = [](const Machine& machine) {
    const auto record = machine.disk().file() ? decode_vote(*machine.disk().file()) : std::unexpected(std::string());
    return record && record->view ? record->view->lineage : 0;
  };
  const std::uint32_t lineage = newest_lineage();
  const ViewRef view = view_of(m);
  return lineage > 0 && view && view->lineage == lineage &&
         std::ranges::none_of(around_.machines, [&](const auto& other) {
           return other->index() != m.index() && !gone(other->index()) && on_disk(*other) == lineage;
         });
}

// True if a member of those that run takes the operator's word. Who has told one before goes on from there.
bool Nemesis::tell_who_is_left() {
  Mask left = 0;
  for (const auto& m : around_.machines)
    if (m->up()) left |= in_mask(m->index());
  if (!around_.setting.loses_slots && !slots_survive(0, ~left)) return false;
  const std::uint32_t newest = newest_lineage();
  for (const auto& m : around_.machines) {
    if (!m->up() || m->paused() || !m->node().view() || m->node().view()->lineage < newest) continue;
    const auto unknown = [&](const auto& other) {  // it would go on beside those whom the new view names
      return other->up() && other->node().view() && !m->node().view()->member(other->id());
    };
    if (std::ranges::any_of(around_.machines, unknown)) continue;
    Decree decree{{}, around_.setting.loses_slots};
    for (const auto& other : around_.machines)
      if (other->up() && m->node().view()->member(other->id())) decree.members.push_back(other->id());
    if (!m->node().why_not_force(decree).empty()) continue;
    barred_ = 0;  // who was never there has nothing to come back with
    for (const auto& other : around_.machines)
      if (!other->up() && other->process() > 0) barred_ |= in_mask(other->index());
    told_at_ = around_.schedule.now();
    told_ = m->index();
    lineage_before_ = m->node().view()->lineage;
    m->force(decree);
    return true;
  }
  return false;
}

// 2h: who was not named comes back with an empty disk. True if it may start.
bool Nemesis::passes_bar(std::uint32_t machine) {
  constexpr Duration kKnownAfter = 1s;
  if (!(barred_ >> machine & 1)) return true;
  if (const Duration since = around_.schedule.now() - told_at_; since < kKnownAfter) {
    start_later(machine, kKnownAfter - since);
    return false;
  }
  // Who was told has it on disk before it says so.
  if (const Machine& told = *around_.machines[told_]; told_ != machine && told.up() && told.disk().writes()) {
    start_later(machine, kKnownAfter);
    return false;
  }
  barred_ &= ~in_mask(machine);
  const bool forced = newest_lineage() > lineage_before_;
  if (forced) {
    around_.machines[machine]->disk().wipe();
    around_.machines[machine]->log().wipe();
    anew_ |= in_mask(machine);
  }
  return true;
}

}  // namespace hc::sim
