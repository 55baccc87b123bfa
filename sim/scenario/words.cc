#include "sim/scenario/words.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/command/notice.h"

namespace hc::sim::scenario {
namespace {

constexpr std::uint64_t kRoomLeft = 3;  // appends that still go to a disk when it is filled

std::string number(std::uint64_t n) { return std::to_string(n); }

std::vector<std::string> split(const std::string& text, const std::string& at) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (std::size_t to = text.find(at); to != std::string::npos; to = text.find(at, from)) {
    out.push_back(text.substr(from, to - from));
    from = to + at.size();
  }
  out.push_back(text.substr(from));
  return out;
}

}  // namespace

std::string Story::tell(const Directive& d) {
  using Word = std::string (Story::*)(const Directive&);
  static const std::map<std::string, Word> kWords = {
      {"cluster", &Story::cluster},
      {"ask", &Story::ask},
      {"send", &Story::send},
      {"run", &Story::run},
      {"start", &Story::start},
      {"crash", &Story::process},
      {"stop", &Story::process},
      {"wipe", &Story::process},
      {"keep-disk", &Story::process},
      {"put-back", &Story::process},
      {"pause", &Story::process},
      {"resume", &Story::process},
      {"leave", &Story::leave},
      {"cut", &Story::cut},
      {"mend", &Story::mend},
      {"hold", &Story::hold},
      {"let-go", &Story::hold},
      {"break", &Story::break_off},
      {"force", &Story::force},
      {"accept-loss", &Story::accept_loss},
      {"diverge", &Story::diverge},
      {"slow", &Story::disturb},
      {"slow-disk", &Story::disturb},
      {"clock", &Story::disturb},
      {"wall", &Story::disturb},
      {"fail-fsync", &Story::disturb},
      {"fail-log-fsync", &Story::disturb},
      {"weather", &Story::weather},
      {"show", &Story::show},
      {"memory", &Story::disturb},
      {"fill-disk", &Story::disturb},
      {"free-disk", &Story::disturb},
  };
  const auto word = kWords.find(d.verb());
  if (word == kWords.end()) d.mistake("there is no verb '" + d.verb() + "'; sim/scenario/words.h lists them");
  return (this->*word->second)(d);
}

void Story::end() {
  if (stage_) stage_->judge();
}

std::string Story::unfinished() { return stage_ ? stage_->chronicle().take() : ""; }

Stage& Story::stage(const Directive& d) {
  if (!stage_) d.mistake("the first directive is `cluster`");
  return *stage_;
}

std::uint32_t Story::member(const Directive& d, const std::string& text) {
  const std::uint64_t n = d.number(text, "member");
  if (n == 0 || n > stage(d).setup().machines()) d.mistake("there is no member " + text);
  return static_cast<std::uint32_t>(n - 1);
}

Endpoint Story::endpoint(const Directive& d, const std::string& text) {
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') return member(d, text);
  const auto e = stage(d).callers().endpoint(text == "clients" ? "" : text);
  if (!e) d.mistake("too many callers, at " + text);
  return *e;
}

// ---- the stage

std::string Story::cluster(const Directive& d) {
  Setup s;
  s.trace = trace_;
  s.node.slots = 1;
  s.node.durable_votes = true;
  for (const auto& [name, value] : d.options()) {
    const auto count = [&] { return static_cast<std::uint32_t>(d.number(value, "number")); };
    if (name == "nodes")
      s.nodes = count();
    else if (name == "spares")
      s.spares = count();
    else if (name == "slots")
      s.node.slots = count();
    else if (name == "speaks")
      s.node.wire_version_max = count();
    else if (name == "rf")
      s.node.replication_factor = count();
    else if (name == "lease")
      s.node.lease = d.duration(value);
    else if (name == "drift")
      s.node.drift_percent = count();
    else if (name == "patience")
      s.node.patience = d.duration(value);
    else if (name == "deadline")
      s.node.deadline = d.duration(value);
    else if (name == "min-in-sync")
      s.node.min_in_sync = count();
    else if (name == "slot-loss")
      s.node.slot_loss_wait = value == "wait";
    else if (name == "voters")
      s.node.voters_max = count();
    else if (name == "chunk")
      s.node.fill_chunk_bytes = count();
    else if (name == "backlog")
      s.node.backlog_bytes = count();
    else if (name == "maxmemory")
      s.node.memory.bytes = count();
    else if (name == "key-filter")
      s.node.key_filter_ppm = count();
    else if (name == "policy" && policy_named(value))
      s.node.memory.policy = *policy_named(value);
    else if (name == "notices" && parse_notices(value))
      s.node.notices = *parse_notices(value);
    else if (name == "delay")
      s.delay = d.duration(value);
    else if (name == "disk")
      s.disk = d.duration(value);
    else if (name == "log" && (value == "always" || value == "everysec" || value == "no")) {
      s.node.append_only = true;
      s.node.append_fsync = value == "always" ? Fsync::kAlways : value == "no" ? Fsync::kNo : Fsync::kEverySecond;
    } else if (name == "snapshot")
      s.node.snapshot_bytes = count();
    else if (name == "skew")
      s.skew = d.duration(value);
    else if (name == "seed")
      s.seed = count();
    else if (name == "founding" && value == "first")
      s.founding = Setup::Founding::kFirst;
    else if (name != "founding" || value != "together")
      d.mistake("there is no " + name + "=" + value);
  }
  const std::vector<std::string> plain = d.plain();
  s.strangers = std::ranges::count(plain, "strangers") > 0;
  if (s.nodes == 0 || s.machines() > 9 || s.node.slots == 0 || s.node.slots > 16)
    d.mistake("1 to 9 members and 1 to 16 slots");
  const bool unstarted = std::ranges::count(plain, "unstarted") > 0;
  cuts_.clear();
  kept_disks_.clear();
  stage_ = std::make_unique<Stage>(std::move(s));
  Stage& stage = *stage_;
  if (unstarted) return "";
  for (std::uint32_t i = 0; i < stage.setup().nodes; ++i) stage.start(i, std::nullopt);
  const bool formed = stage.run(10s, [&] { return stage.formed(); });
  stage.run(500ms, [] { return false; });  // until they have all met
  std::string told = stage.chronicle().take();
  stage.chronicle().begin();
  return formed ? stage.chronicle().describe(*stage.newest()) + "\n" : told + "not formed within 10 s\n";
}

// ---- clients

std::size_t Story::call(const Directive& d, Duration& within, bool awaited) {
  const std::vector<std::string>& words = d.words();
  if (words.size() < 3) d.mistake("whom to ask, and what?");
  const std::uint32_t machine = member(d, words[1]);
  std::string caller;
  std::size_t i = 2;
  for (; i < words.size(); ++i) {
    if (words[i].starts_with("as="))
      caller = words[i].substr(3);
    else if (awaited && words[i].starts_with("within="))
      within = d.duration(words[i].substr(7));
    else
      break;
  }
  if (!caller.empty()) endpoint(d, caller);
  if (i == words.size()) d.mistake("what to ask?");
  const auto number =
      stage(d).callers().call(caller, machine, {words.begin() + static_cast<std::ptrdiff_t>(i), words.end()}, awaited);
  if (!number) d.mistake("not a command that a scenario may ask (sim/scenario/callers.cc)");
  return *number;
}

std::string Story::ask(const Directive& d) {
  Duration within = 10s;
  const std::size_t number = call(d, within, true);
  const Callers& callers = stage_->callers();
  const bool over = stage_->run(within, [&] { return callers.at(number).over(); });
  std::string out = stage_->chronicle().take();
  const Call& c = callers.at(number);
  return out + (over ? c.reply + " (" + duration_text(c.ended - c.asked) + ")\n"
                     : "no reply within " + duration_text(within) + "\n");
}

std::string Story::send(const Directive& d) {
  Duration none{};
  call(d, none, false);
  return "";
}

// ---- time

std::function<bool()> Story::until(const Directive& d, const std::string& what) {
  Stage& stage = this->stage(d);
  const std::vector<std::string> words = split(what, ":");
  const std::string& kind = words.front();
  if (words.size() == 1) {
    if (kind == "settled") return [&stage] { return !stage.unsettled(); };
    if (kind == "served") return [&stage] { return stage.served(); };
    if (kind == "held") return [&stage] { return !stage.holding(); };
    if (kind == "view")
      return [&stage, now = stage.newest()] { return stage.newest() && (!now || stage.newest()->epoch > now->epoch); };
    if (kind == "replies")
      return [&callers = stage.callers()] {
        for (std::size_t i = 0; i < callers.calls(); ++i)
          if (!callers.at(i).over()) return false;
        return true;
      };
  } else if (kind == "view") {
    const std::uint64_t epoch = d.number(words[1], "epoch");
    return [&stage, epoch] { return stage.newest() && stage.newest()->epoch.value >= epoch; };
  } else if (kind == "served-by" || kind == "ended") {
    const Machine& m = stage.machine(member(d, words[1]));
    if (kind == "ended") return [&m] { return !m.up(); };
    return [&m] { return m.up() && m.node().slot(Slot{0}, m.now()).may_execute; };
  }
  d.mistake("there is no until=" + what);
}

std::string Story::run(const Directive& d) {
  const auto options = d.options();
  Stage& stage = this->stage(d);
  if (const auto at = options.find("for"); at != options.end()) {
    stage.run(d.duration(at->second), [] { return false; });
    return stage.chronicle().take();
  }
  const auto at = options.find("until");
  if (at == options.end()) d.mistake("run for=D or run until=U [within=D]");
  const auto limit = options.find("within");
  const Duration within = limit == options.end() ? 10s : d.duration(limit->second);
  const bool done = stage.run(within, until(d, at->second));
  std::string out = stage.chronicle().take();
  if (done) return out;
  out += "not " + at->second + " within " + duration_text(within);
  if (at->second == "settled") out += ": " + stage.unsettled().value_or("");
  return out + "\n";
}

// ---- processes

std::string Story::start(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  if (plain.empty()) d.mistake("whom?");
  const std::uint32_t m = member(d, plain.front());
  if (stage_->machine(m).up()) d.mistake("it runs already");
  Stage::Start how;
  how.founds = std::ranges::count(plain, "founds") > 0;
  const auto options = d.options();
  if (const auto at = options.find("speaks"); at != options.end())
    stage_->speaks(m, static_cast<std::uint32_t>(d.number(at->second, "wire version")));
  if (const auto at = options.find("joins"); at != options.end())
    for (const std::string& other : split(at->second, ",")) how.joins.push_back(member(d, other));
  const bool by_hand = how.founds || !how.joins.empty();
  stage_->start(m, by_hand ? std::optional(how) : std::nullopt);
  return stage_->chronicle().take();
}

std::string Story::process(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  if (plain.empty()) d.mistake("whom?");
  const std::uint32_t index = member(d, plain.front());
  Machine& m = stage_->machine(index);
  const bool disk = d.verb() == "wipe" || d.verb() == "put-back";
  if (disk && m.up()) d.mistake("it runs: its disk can be touched only while it is down");
  if (!disk && !m.up()) d.mistake("it does not run");
  if (d.verb() == "crash") m.die(std::ranges::count(plain, "power") == 0);
  if (d.verb() == "stop") m.stop();
  if (d.verb() == "pause") m.pause(kForever);
  if (d.verb() == "resume") m.resume();
  if (d.verb() == "wipe") m.disk().wipe(), m.log().wipe();
  if (d.verb() == "keep-disk") kept_disks_[index] = m.disk().file().value_or("");
  if (d.verb() == "put-back") m.disk().put_back(kept_disks_[index]);
  return stage_->chronicle().take();
}

std::string Story::leave(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  const auto options = d.options();
  const auto at = options.find("at");
  if (plain.empty() || at == options.end()) d.mistake("who shall leave, and whom is it told (at=N)?");
  Machine& told = stage_->machine(member(d, at->second));
  if (!told.up()) d.mistake("it does not run");
  told.ask_to_leave(stage_->machine(member(d, plain.front())).id());
  return stage_->chronicle().take();
}

std::string Story::force(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  const auto options = d.options();
  const auto left = options.find("left");
  if (plain.empty() || left == options.end()) d.mistake("whom is it told, and who is left (left=N,M)?");
  Machine& told = stage_->machine(member(d, plain.front()));
  if (!told.up()) d.mistake("it does not run");
  Decree decree;
  for (const std::string& one : split(left->second, ","))
    decree.members.push_back(stage_->machine(member(d, one)).id());
  decree.accept_data_loss = std::ranges::count(plain, "accept-data-loss") > 0;
  told.force(decree);
  return stage_->chronicle().take();
}

std::string Story::accept_loss(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  if (plain.empty()) d.mistake("whom is it told?");
  Machine& told = stage(d).machine(member(d, plain.front()));
  if (!told.up()) d.mistake("it does not run");
  std::vector<Slot> slots;
  for (std::size_t i = 1; i < plain.size(); ++i)
    slots.push_back(Slot{static_cast<std::uint16_t>(d.number(plain[i], "slot"))});
  const auto lost = told.node().lost(slots);
  if (!lost) return "not accepted: " + lost.error() + "\n";
  told.accept_loss(*lost);
  return stage_->chronicle().take();
}

std::string Story::diverge(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  if (plain.size() != 2) d.mistake("whose, and which key?");
  if (!stage(d).diverge(member(d, plain[0]), plain[1])) d.mistake("it has no such key, or that is empty");
  return "";
}

// ---- ways

Story::Ways Story::ways(const Directive& d) {
  Ways ways;
  std::vector<std::string> left, right;
  bool beyond = false;
  const auto both = [&](const std::string& a, const std::string& b) {
    ways.emplace_back(endpoint(d, a), endpoint(d, b));
    ways.emplace_back(endpoint(d, b), endpoint(d, a));
  };
  for (const std::string& word : d.plain()) {
    if (const auto ends = split(word, "->"); ends.size() == 2) {
      for (const std::string& to : split(ends[1], ",")) ways.emplace_back(endpoint(d, ends[0]), endpoint(d, to));
    } else if (word == "|") {
      beyond = true;
    } else {
      (beyond ? right : left).push_back(word);
    }
  }
  if (!beyond && left.size() == 2) right = {left[1]}, left = {left[0]};
  for (const std::string& a : left)
    for (const std::string& b : right) both(a, b);
  if (ways.empty()) d.mistake("between whom? A B, A->B, or A C | B");
  return ways;
}

std::string Story::cut(const Directive& d) {
  for (const auto& [from, to] : ways(d)) {
    if (stage_->network().is_cut(from, to)) continue;
    stage_->network().cut(from, to, 1);
    cuts_.emplace_back(from, to);
  }
  return "";
}

std::string Story::mend(const Directive& d) {
  const Ways mended = d.plain().empty() ? cuts_ : ways(d);
  for (const auto& way : mended)
    if (std::erase(cuts_, way)) stage(d).network().cut(way.first, way.second, -1);
  return "";
}

std::string Story::hold(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  const auto ends = plain.empty() ? plain : split(plain.front(), "->");
  if (ends.size() != 2) d.mistake("from whom to whom? A->B");
  const std::uint32_t from = member(d, ends[0]), to = member(d, ends[1]);
  if (d.verb() == "let-go")
    stage_->let_go(from, to);
  else if (plain.size() == 1)
    stage_->network().clog(from, to, kForever);
  else
    stage_->hold(from, to, plain[1]);
  return "";
}

std::string Story::break_off(const Directive& d) {
  for (const auto& [from, to] : ways(d))
    if (from < to) stage_->network().sever(from, to);
  return stage_->chronicle().take();
}

// ---- what is not as it should be

std::string Story::disturb(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  if (plain.size() != (d.verb().starts_with("f") ? 1U : 2U)) d.mistake("whom, and how much?");
  Machine& m = stage(d).machine(member(d, plain[0]));
  if (d.verb() == "slow") m.set_slow(d.duration(plain[1]));
  if (d.verb() == "slow-disk") m.disk().set_exactly(d.duration(plain[1])), m.log().set_exactly(d.duration(plain[1]));
  if (d.verb() == "fail-fsync") m.disk().fail_next();
  if (d.verb() == "fail-log-fsync") m.log().fail_next();
  if (d.verb().ends_with("-disk") && d.verb().starts_with("f")) m.log().set_full(d.verb() == "fill-disk", kRoomLeft);
  if (d.verb() == "memory") {
    m.squeeze(d.number(plain[1], "number of bytes"));
    return stage_->chronicle().take();
  }
  if (d.verb() == "clock") m.clock().set_rate(stage_->schedule().now(), 1'000'000 + d.percent(plain[1]));
  if (d.verb() == "wall") {
    const Duration off = d.duration(plain[1]);
    if (off > stage_->setup().skew || -off > stage_->setup().skew) d.mistake("beyond the skew= of the cluster");
    m.clock().set_wall_skew(off);
  }
  return "";
}

std::string Story::weather(const Directive& d) {
  Weather& w = stage(d).network().weather();
  for (const auto& [name, value] : d.options()) {
    const auto ppm = [&] { return static_cast<std::uint32_t>(d.percent(value)); };
    if (name == "loss")
      w.loss_ppm = ppm();
    else if (name == "late-duplicates")
      w.late_duplicate_ppm = ppm();
    else if (name == "replays")
      w.replay_ppm = ppm();
    else
      d.mistake("there is no weather " + name);
  }
  return "";
}

// ---- looking

std::string Story::show(const Directive& d) {
  const std::vector<std::string> plain = d.plain();
  Stage& stage = this->stage(d);
  if (plain == std::vector<std::string>{"view"})
    return stage.newest() ? stage.chronicle().describe(*stage.newest()) + "\n" : "no view\n";
  if (plain == std::vector<std::string>{"members"}) return show_members();
  if (plain == std::vector<std::string>{"compared"}) return show_compared();
  if (plain.size() != 2 || plain[0] != "slot") d.mistake("show view, show slot S, show members, or show compared");
  const std::uint64_t s = d.number(plain[1], "slot");
  if (s >= stage.setup().node.slots) d.mistake("there is no slot " + plain[1]);
  return show_slot(Slot{static_cast<std::uint16_t>(s)});
}

std::string Story::show_slot(Slot slot) {
  static constexpr const char* kRoles[] = {"nothing", "learner", "replica", "takes over", "primary"};
  std::string out;
  for (const auto& m : stage_->machines()) {
    if (!m->up()) continue;
    const SlotStatus s = m->node().slot(slot, m->now());
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string digest;
    for (int shift = 12; shift >= 0; shift -= 4) digest += kDigits[s.digest >> shift & 15];
    out += "node-" + stage_->chronicle().name(m->incarnation()) + ": " + kRoles[static_cast<std::size_t>(s.role)] +
           ", epoch " + number(s.slot_epoch.value) + ", at (" + number(s.at.slot_epoch.value) + "," +
           number(s.at.seq.value) + "), committed " + number(s.commit.value) + ", " + number(s.keys) +
           (s.keys == 1 ? " key" : " keys") + (s.keys ? " #" + digest : "") + (s.may_execute ? ", executes" : "") +
           "\n";
  }
  return out;
}

std::string Story::show_compared() {
  std::string out;
  for (const auto& m : stage_->machines()) {
    if (!m->up()) continue;
    const Node& node = m->node();
    out += "node-" + stage_->chronicle().name(m->incarnation()) + " speaks version " + number(node.wire_max());
    for (const auto& other : stage_->machines())
      if (other->up() && other != m)
        out += ", " + number(node.wire(other->id())) + " to " + stage_->chronicle().name(other->incarnation());
    out += node.counters().digests_compared > 0 ? "; has compared digests" : "; has compared no digest";
    out += node.differing_slots() > 0 ? ", and slots differ\n" : "\n";
  }
  return out;
}

std::string Story::show_members() {
  std::string out;
  for (const auto& m : stage_->machines()) {
    if (!m->up()) continue;
    std::string seen;
    for (const auto& [id, peer] : m->node().membership().peers())
      seen += (seen.empty() ? "" : ", ") + stage_->chronicle().name({id, peer.info.generation}) + " " +
              std::string(to_text(peer.liveness));
    out += "node-" + stage_->chronicle().name(m->incarnation()) + " sees " + (seen.empty() ? "nobody" : seen) + "\n";
  }
  return out;
}

}  // namespace hc::sim::scenario
