#include "sim/scenario/chronicle.h"

#include <algorithm>
#include <set>

#include "core/agreement/evidence.h"

namespace hc::sim::scenario {
namespace {

constexpr Duration kTogether = 50ms;  // who installs a view later than that after the first is worth a line

std::string hundredths(Duration d) {
  const std::int64_t n = (ns(d) + 5'000'000) / 10'000'000;
  const std::string part = std::to_string(n % 100);
  return std::to_string(n / 100) + "." + std::string(2 - part.size(), '0') + part;
}

void add(std::string& list, const std::string& item, const char* between) {
  if (item.empty()) return;
  if (!list.empty()) list += between;
  list += item;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string in_brackets(MemberState state) {
  return state == MemberState::kAbsent ? " (absent)" : state == MemberState::kLeaving ? " (leaving)" : "";
}
std::string is_now(MemberState state) {
  return state == MemberState::kAbsent    ? " is absent"
         : state == MemberState::kLeaving ? " is leaving"
                                          : " is active again";
}

}  // namespace

std::string duration_text(Duration d) {
  if (d < 995ms) return number(static_cast<std::uint64_t>((ns(d) + 500'000) / 1'000'000)) + " ms";
  return hundredths(d) + " s";
}

void Chronicle::begin() {
  zero_ = schedule_.now();
  lines_.clear();
}

void Chronicle::say(const std::string& text) {
  const std::string at = hundredths(schedule_.now() - zero_);
  lines_ += std::string(at.size() < 6 ? 6 - at.size() : 0, ' ') + at + "  " + text + "\n";
}

// ---- names

std::string Chronicle::name(Incarnation who) const {
  const auto at = process_.find(who);
  return number(who.member.value) + (at == process_.end() ? "?" : std::string(at->second - 1, '\''));
}

std::string Chronicle::list(const SlotConfig& slot) const {
  std::string out;
  for (const Incarnation& who : slot.list) add(out, name(who), " ");
  return "[" + out + "]";
}

std::string Chronicle::describe(const View& view) const {
  std::string members, voters, out;
  for (const ViewMember& m : view.members)
    add(members, name({m.info.id, m.info.generation}) + in_brackets(m.state), " ");
  for (const Voter& v : view.voters) add(voters, number(v.id.value), " ");
  out = "view " + number(view.epoch.value) + ": members " + members + "; voters " + voters;
  for (std::size_t s = 0; s < view.slots.size(); ++s) add(out, "slot " + number(s) + " " + list(view.slots[s]), "; ");
  return out;
}

// ---- views

void Chronicle::proposed(const Proposal& proposal) {
  if (proposal.view) proposals_.push_back(proposal);
}

void Chronicle::installed(Incarnation who, const ViewRef& view) {
  const auto [seen, first] = views_.try_emplace({view->cluster, view->epoch}, Seen{view, schedule_.now()});
  if (first) {
    const auto before = views_.find({view->cluster, Epoch(view->epoch.value - 1)});
    say(before == views_.end() ? describe(*view) : step(*before->second.view, *view));
  } else if (schedule_.now() - seen->second.at > kTogether) {
    say("node-" + name(who) + " installs view " + number(view->epoch.value));
  }
}

std::string Chronicle::step(const View& before, const View& after) const {
  std::string out;
  add(out, member_steps(before, after), "; ");
  add(out, slot_steps(before, after), "; ");
  const std::string why = reasons(before, after);
  return "view " + number(after.epoch.value) + ": " + (out.empty() ? "nothing new" : out) +
         (why.empty() ? "" : " (" + why + ")");
}

std::string Chronicle::member_steps(const View& before, const View& after) const {
  std::string out, voters;
  for (const ViewMember& m : after.members) {
    const std::string who = name({m.info.id, m.info.generation});
    const ViewMember* was = before.member(m.info.id);
    if (!was)
      add(out, who + " joins", "; ");
    else if (was->info.generation != m.info.generation)
      add(out, who + " is back", "; ");
    else if (was->state != m.state)
      add(out, who + is_now(m.state), "; ");
  }
  for (const ViewMember& m : before.members)
    if (!after.member(m.info.id)) add(out, name({m.info.id, m.info.generation}) + " is no member any more", "; ");
  for (const Voter& v : after.voters) add(voters, number(v.id.value), " ");
  if (before.voters != after.voters) add(out, "voters " + voters, "; ");
  return out;
}

std::string Chronicle::slot_steps(const View& before, const View& after) const {
  std::vector<std::pair<std::string, std::string>> groups;  // what changed, in which slots
  for (std::size_t s = 0; s < after.slots.size(); ++s) {
    const SlotConfig &was = before.slots[s], &is = after.slots[s];
    if (was == is) continue;
    std::string change = was.list == is.list ? list(is) + " anew" : list(was) + " → " + list(is);
    if (is.passed_over != was.passed_over)
      change += is.passed_over ? ", passing over " + name(is.passed_over) : ", passing over nobody";
    auto group = std::ranges::find(groups, change, &std::pair<std::string, std::string>::first);
    if (group == groups.end()) group = groups.insert(groups.end(), {change, ""});
    add(group->second, number(s), " ");
  }
  std::string out;
  for (const auto& [change, slots] : groups)
    add(out, (slots.find(' ') == std::string::npos ? "slot " : "slots ") + slots + " " + change, "; ");
  return out;
}

// Of what the view rests on, that which counted for a slot that it changed.
std::string Chronicle::reasons(const View& before, const View& after) const {
  std::set<std::string> said;
  for (const Proposal& p : proposals_) {
    if (p.view.get() != &after && !p.view->same_decision(after)) continue;
    for (const Report& r : p.evidence) {
      const bool matters = [&] {
        for (std::size_t s = 0; s < after.slots.size(); ++s) {
          const Slot slot{static_cast<std::uint16_t>(s)};
          const SlotConfig &was = before.slots[s], &is = after.slots[s];
          const bool moved = was.list.names(r.about) != is.list.names(r.about) || was.list == is.list;
          if (!(was == is) && moved && counts_for(r, before, slot)) return true;
        }
        return false;
      }();
      if (!matters) continue;
      static constexpr const char* kVerbs[] = {" ? ",
                                               " complains of ",
                                               " has counted ",
                                               " can do without ",
                                               " holds dead ",
                                               " stops ",
                                               " sees no progress of ",
                                               " has the disk of ",
                                               " tells off ",
                                               " knows a full disk of ",
                                               " accepts what is lost"};
      static_assert(std::size(kVerbs) == static_cast<std::size_t>(ReportKind::kAcceptLoss) + 1);
      const bool of_itself = r.kind == ReportKind::kAcceptLoss;
      said.insert(name(r.by) + kVerbs[static_cast<std::size_t>(r.kind)] + (of_itself ? "" : name(r.about)));
    }
  }
  std::string out;
  for (const std::string& s : said) add(out, s, ", ");
  return out;
}

// ---- slots

Chronicle::Part Chronicle::part_of(const SlotStatus& status) {
  if (status.may_execute) return Part::kServing;
  if (status.role == SlotStatus::Role::kPrimary) return Part::kWithoutLease;
  return status.role == SlotStatus::Role::kTakingOver ? Part::kTakingOver : Part::kNone;
}

void Chronicle::part_changed(const Machine& m, std::map<std::string, std::string>& changes, Slot slot, Part now) {
  Part& before = parts_[{m.incarnation(), slot}];
  if (before == now) return;
  before = now;
  const char* text = now == Part::kTakingOver ? "takes over"
                     : now == Part::kServing  ? "serves"
                     : now == Part::kNone     ? "no longer leads"
                                              : "has no lease for";
  add(changes[text], number(slot.value), " ");
}

void Chronicle::look(const Machines& machines) {
  for (const auto& m : machines) {
    if (!m->up()) continue;
    std::map<std::string, std::string> changes;
    for (std::uint32_t s = 0; s < slots_; ++s) {
      const Slot slot{static_cast<std::uint16_t>(s)};
      part_changed(*m, changes, slot, part_of(m->node().slot(slot, m->now())));
    }
    for (const auto& [text, slots] : changes)
      say("node-" + name(m->incarnation()) + " " + text +
          (slots.find(' ') == std::string::npos ? " slot " : " slots ") + slots);
  }
}

void Chronicle::ended(const Call& call) {
  if (call.awaited) return;
  say((call.caller.empty() ? "" : call.caller + ", ") + call.text + " at node-" + number(call.machine + 1) + ": " +
      call.reply + " (" + duration_text(call.ended - call.asked) + ")");
}

}  // namespace hc::sim::scenario
