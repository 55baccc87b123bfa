#include "sim/check/views.h"

#include <algorithm>
#include <utility>

#include "core/agreement/force.h"

namespace hc::sim {
namespace {

std::string text(const InSyncList& list) {
  std::string out = "[";
  for (const Incarnation& who : list) out += (out.size() > 1 ? " " : "") + name_of(who.member);
  return out + "]";
}

std::string where(const View& after, Slot s) {
  return "view " + std::to_string(after.epoch.value) + ", slot " + std::to_string(s.value) + ": ";
}

// Somebody entitled to it said so, in the present slot epoch.
bool said(const View& before, const View& after, Slot s, const std::vector<const Report*>& words, ReportKind kind,
          Incarnation about, bool by_stayer) {
  const SlotConfig& was = before.config(s);
  return std::any_of(words.begin(), words.end(), [&](const Report* r) {
    if (r->kind != kind || r->about != about || r->as_of < was.epoch || !r->slots.has(s)) return false;
    return by_stayer ? after.config(s).list.names(r->by) : was.list.front() == r->by;
  });
}

// 7c: who left because the ring no longer wants it. All whom it wants are there then, but for a full list, in which
// one takes the place of another.
std::optional<std::string> dropped_early(const View& before, const View& after, Slot s,
                                         const std::vector<const Report*>& words) {
  const InSyncList &was = before.config(s).list, &is = after.config(s).list;
  const auto wanted = after.ring.wanted(s);
  std::size_t dropped = 0;
  for (const Incarnation& x : was) {
    if (is.names(x) || said(before, after, s, words, ReportKind::kComplaint, x, true)) continue;
    ++dropped;
    if (std::ranges::find(wanted, x.member) != wanted.end())
      return where(after, s) + name_of(x.member) + " was dropped from the list " + text(was) +
             ", but the ring wants it";
  }
  const bool all = std::ranges::all_of(wanted, [&](NodeId id) { return is.names(after.incarnation_of(id)); });
  const bool makes_room = dropped == 1 && is.size() == kListMax;
  if (dropped == 0 || all || makes_room) return std::nullopt;
  return where(after, s) + text(was) + " → " + text(is) + " drops some before all whom the ring wants are in";
}

std::optional<std::string> by_word(const View& before, const View& after, Slot s,
                                   const std::vector<const Report*>& words) {
  const SlotConfig &was = before.config(s), &is = after.config(s);
  for (const Incarnation& x : is.list)
    if (!was.list.names(x) && !said(before, after, s, words, ReportKind::kCaughtUp, x, false))
      return where(after, s) + name_of(x.member) + " entered the list " + text(was.list) +
             ", but its primary had not counted it";
  for (const Incarnation& x : was.list)
    if (!is.list.names(x) && !said(before, after, s, words, ReportKind::kComplaint, x, true) &&
        !said(before, after, s, words, ReportKind::kDrop, x, true))
      return where(after, s) + name_of(x.member) + " left the list " + text(was.list) +
             " without the word of one that stays";
  return dropped_early(before, after, s, words);
}

// 9a: on from a disk of the old list that is said to have it all. Nothing may be lost then.
bool recovered(const View& before, const View& after, Slot s, const std::vector<const Report*>& words) {
  const SlotConfig &was = before.config(s), &is = after.config(s);
  if (is.list.size() != 1) return false;
  return std::any_of(words.begin(), words.end(), [&](const Report* r) {
    if (r->kind != ReportKind::kOffer || r->by != is.list.front() || !was.list.names(r->about)) return false;
    const auto at = std::ranges::find(r->offers, s, &DiskOffer::slot);
    return r->as_of >= was.epoch && at != r->offers.end() && at->held && at->complete;
  });
}

// 9a: on from a disk of the old list, complete or not, after all of them have said what they have.
bool offered_by_all(const View& before, const View& after, Slot s, const std::vector<const Report*>& words) {
  const SlotConfig &was = before.config(s), &is = after.config(s);
  const auto offer = [&](Incarnation about) -> const DiskOffer* {
    for (const Report* r : words) {
      if (r->kind != ReportKind::kOffer || r->about != about || r->as_of < was.epoch) continue;
      const auto at = std::ranges::find(r->offers, s, &DiskOffer::slot);
      if (at != r->offers.end()) return &*at;
    }
    return nullptr;
  };
  if (is.list.size() != 1) return false;
  bool held = false;
  for (const Incarnation& x : was.list) {
    const DiskOffer* what = offer(x);
    if (!what) return false;
    held |= what->held && x.member == is.list.front().member;
  }
  return held;
}

// 7e: an operator has said that what is lost is to be done without; then the highest position on offer it is.
bool by_operator(const View& before, Slot s, const std::vector<const Report*>& words) {
  return std::ranges::any_of(words, [&](const Report* r) {
    return r->kind == ReportKind::kAcceptLoss && r->as_of >= before.config(s).epoch && r->slots.has(s);
  });
}

std::optional<std::string> discarded(const View& before, const View& after, Slot s,
                                     const std::vector<const Report*>& words) {
  const SlotConfig &was = before.config(s), &is = after.config(s);
  std::optional<Position> taken;
  for (const Report* r : words)
    if (r->kind == ReportKind::kOffer && r->by == is.list.front() && was.list.names(r->about) && r->as_of >= was.epoch)
      if (const auto at = std::ranges::find(r->offers, s, &DiskOffer::slot); at != r->offers.end() && at->held)
        taken = at->at;
  for (const Report* r : words) {
    if (r->kind != ReportKind::kOffer || !was.list.names(r->about) || r->as_of < was.epoch || !before.names(r->by))
      continue;
    const auto at = std::ranges::find(r->offers, s, &DiskOffer::slot);
    if (at != r->offers.end() && at->held && (!taken || at->at > *taken))
      return where(after, s) + name_of(r->by.member) + " offers more on its disk than what it goes on with";
  }
  return std::nullopt;
}

}  // namespace

bool ViewCheck::same(const Following& a, const Following& b) {
  if (a.view == b.view) return true;
  if (!a.before || !b.before || a.before->epoch != b.before->epoch) return a.view->same_decision(*b.view);
  return a.view->same_head(*b.view) && a.view->slots.same_since(a.before->slots, b.view->slots, b.before->slots);
}

ViewCheck::Following ViewCheck::at(NodeId who, const ViewRef& view) const {
  const auto has = at_.find(who);
  const bool follows = has != at_.end() && has->second.view && has->second.epoch.next() == view->epoch;
  return {view, follows ? has->second.view : nullptr};
}

void ViewCheck::proposed(const Proposal& proposal, NodeId by) {
  if (!proposal.view) return;
  std::vector<Proposed>& known = proposals_[proposal.view->epoch];
  for (const Proposed& p : known)
    if (p.proposal.view == proposal.view) return;
  known.push_back({proposal, at(by, proposal.view).before});
}

std::vector<ViewRef> ViewCheck::in_force() const {
  if (!newest_) return {};
  std::vector<ViewRef> views{newest_};
  if (const auto next = proposals_.find(newest_->epoch.next()); next != proposals_.end())
    for (const Proposed& p : next->second) views.push_back(p.proposal.view);
  return views;
}

ViewRef ViewCheck::before_newest() const {
  const auto it = newest_ ? by_epoch_.find(newest_->epoch) : by_epoch_.end();
  return it == by_epoch_.end() || it == by_epoch_.begin() ? nullptr : std::prev(it)->second.view;
}

std::vector<ViewRef> ViewCheck::of(Epoch first, Epoch last) const {
  std::vector<ViewRef> views;
  for (auto it = by_epoch_.lower_bound(first); it != by_epoch_.end() && it->first <= last; ++it)
    views.push_back(it->second.view);
  return views;
}

ViewRef ViewCheck::of(Epoch epoch) const {
  const auto it = by_epoch_.find(epoch);
  return it == by_epoch_.end() ? nullptr : it->second.view;
}

void ViewCheck::restarted(NodeId who, Epoch kept) { at_[who] = {kept, nullptr, kept}; }

std::optional<std::string> ViewCheck::stored(NodeId who, Epoch epoch) {
  Installed& has = at_[who];
  const Epoch before = std::exchange(has.when_stored, has.epoch);  // a step may store one and install the next
  if (epoch >= before) return std::nullopt;
  return name_of(who) + " stores view " + std::to_string(epoch.value) + ", and had installed view " +
         std::to_string(before.value);
}

std::optional<std::string> ViewCheck::installed(NodeId who, const ViewRef& view) {
  const Following seen = at(who, view);
  Installed& has = at_[who];
  if (view->epoch < has.epoch)
    return name_of(who) + " goes back from view " + std::to_string(has.epoch.value) + " to " +
           std::to_string(view->epoch.value);
  has = {view->epoch, view, has.when_stored};
  const auto known = by_epoch_.find(view->epoch);
  if (known == by_epoch_.end()) return first_seen(who, seen);
  if (known->second.view == view) return std::nullopt;
  if (known->second.view->ring != view->ring)
    return name_of(who) + " derives another ring from view " + std::to_string(view->epoch.value) + " than others do";
  if (same(known->second, seen)) return std::nullopt;
  return name_of(who) + " has another view " + std::to_string(view->epoch.value) + " than others have";
}

std::optional<std::string> ViewCheck::first_seen(NodeId by, const Following& seen) {
  const ViewRef& view = seen.view;
  by_epoch_.emplace(view->epoch, seen);
  if (!newest_ || newest_->epoch < view->epoch) newest_ = view;
  for (std::size_t s = 0; s < view->slots.size(); ++s)
    if (view->slots[s].list.empty()) return where(*view, Slot{static_cast<std::uint16_t>(s)}) + "its list is empty";
  const auto place = by_epoch_.find(view->epoch);
  if (place != by_epoch_.begin() && std::prev(place)->second.view->lineage != view->lineage)
    return forced_step(*std::prev(place)->second.view, by, *view);
  const auto before = by_epoch_.find(Epoch(view->epoch.value - 1));
  if (before != by_epoch_.end())
    if (auto wrong = one_step(*before->second.view, seen)) return wrong;
  const auto after = by_epoch_.find(view->epoch.next());
  if (after != by_epoch_.end()) return one_step(*view, after->second);
  return std::nullopt;
}

// The evidence of the proposals of this very view.
ViewCheck::Words ViewCheck::words_for(const Following& seen) const {
  Words words;
  const auto known = proposals_.find(seen.view->epoch);
  if (known == proposals_.end()) return words;
  for (const Proposed& p : known->second) {
    if (!same({p.proposal.view, p.before}, seen)) continue;
    for (const Report& r : p.proposal.evidence) words.push_back(&r);
  }
  return words;
}

// When the last of them ended; nullopt: one of them lives.
std::optional<Instant> ViewCheck::all_ended(const InSyncList& list) const {
  Instant last{};
  for (const Incarnation& x : list) {
    const auto end = end_of_(x);
    if (!end) return std::nullopt;
    last = std::max(last, *end);
  }
  return last;
}

// `before`: the last one of the lineage before. `by` may have made it of an older one: what was decided since, and
// nobody that is named has heard of, is lost with those who knew it.
std::optional<std::string> ViewCheck::forced_step(const View& before, NodeId by, const View& after) {
  const auto made_of = by_epoch_.find(Epoch(after.epoch.value - kLineageStride - by.value));
  const View& base = made_of == by_epoch_.end() ? before : *made_of->second.view;
  for (std::size_t i = 0; i < after.slots.size(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    const SlotConfig &was = before.config(s), &is = after.config(s);
    Instant lost{};
    for (const Incarnation& x : was.list) {
      const auto end = end_of_(x);
      if (!is.list.names(x) && !end && base.config(s).list.names(x))
        return where(after, s) + name_of(x.member) + " lives, and the forced view lets it go";
      lost = std::max(lost, end.value_or(Instant{}));
    }
    // Who had left the list by then has less. But of all that are there the longest tail is taken (6a).
    const auto has_all = [&](Incarnation x) { return was.list.names(x); };
    const auto is_there = [&](Incarnation x) { return has_all(x) && !end_of_(x); };
    if (std::all_of(is.list.begin(), is.list.end(), has_all) || std::any_of(is.list.begin(), is.list.end(), is_there))
      continue;
    fresh_losses_.push_back({s, is.epoch, lost});
    ++losses_;
  }
  return std::nullopt;
}

std::optional<std::string> ViewCheck::one_step(const View& before, const Following& after) {
  if (before.slots.size() != after.view->slots.size()) return "the number of slots changed";
  const Words words = words_for(after);
  std::optional<std::string> wrong;
  after.view->slots.for_each_difference(before.slots, [&](std::size_t s) {
    if (!wrong) wrong = slot_step(before, *after.view, Slot{static_cast<std::uint16_t>(s)}, words);
  });
  return wrong;
}

std::optional<std::string> ViewCheck::slot_step(const View& before, const View& after, Slot s, const Words& words) {
  const SlotConfig &was = before.config(s), &is = after.config(s);
  if (was == is) return std::nullopt;
  if (is.epoch != after.epoch) return where(after, s) + "its configuration changed outside a new slot epoch";
  if (was.list == is.list) return std::nullopt;
  auto wrong = by_word(before, after, s, words);
  if (!wrong || recovered(before, after, s, words)) return std::nullopt;
  if (std::any_of(is.list.begin(), is.list.end(), [&](Incarnation x) { return was.list.names(x); })) return wrong;
  // Nobody of the old list is left: a reset. Within the promise only if the slot was lost.
  const auto last = all_ended(was.list);
  if (!last) return where(after, s) + text(was.list) + " → " + text(is.list) + ", but one of them lives and has it all";
  const bool accepted = by_operator(before, s, words);
  if (before.slot_loss == SlotLossPolicy::kWait && !accepted && !offered_by_all(before, after, s, words))
    return where(after, s) + text(was.list) + " → " + text(is.list) + ", but no operator has accepted the loss";
  if (accepted)
    if (auto less = discarded(before, after, s, words)) return less;
  fresh_losses_.push_back({s, is.epoch, *last});
  ++losses_;
  return std::nullopt;
}

}  // namespace hc::sim
