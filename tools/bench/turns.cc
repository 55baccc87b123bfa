// How long a member is busy at a stretch while views change: a cluster of all slots in this process, without a load,
// joined, left, restarted, and struck.
//
//   turns [--nodes 3] [--slots 16384] [--list MS]
//
// The members are core's, the bytes between them io's. Time is simulated; what is measured is the processor time of a
// turn: the bytes that it reads, its steps, and the bytes that it writes. A turn answers nobody before it ends, so the
// longest turn is what a view's change adds to the latency of whoever comes at the wrong moment. --list: every turn
// that takes so long, with what came in.
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "core/node.h"
#include "core/view/view.h"
#include "io/peer_codec.h"

namespace hc {
namespace {

constexpr Duration kOnTheWay = 100us;
constexpr Duration kOnDisk = 2ms;
constexpr Duration kTickOfWorld = 1ms;

double processor_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// What happens to a member later.
struct Coming {
  Event event = Woke{};
  LinkId link;        // of a frame
  std::string bytes;  // its bytes; empty: `event`
};

struct Due {
  Time at;
  std::uint64_t number;
  std::uint32_t member;
  std::uint64_t process;
  std::shared_ptr<Coming> coming;
  bool operator>(const Due& o) const { return at != o.at ? at > o.at : number > o.number; }
};

struct End {  // of a link
  std::uint32_t member;
  LinkId link;
};

struct Member {
  std::unique_ptr<Node> node;
  std::uint64_t process = 0;
  PeerCodec codec;
  std::optional<VoteRecord> vote;
  std::map<LinkId, End> links;
  std::deque<std::shared_ptr<Coming>> inbox;
  std::uint64_t next_link = 2;
};

struct Spent {
  double all = 0, reading = 0, stepping = 0, writing = 0;
  std::string what;
};

class World {
 public:
  World(std::uint32_t members, std::uint32_t slots, double list) : members_(members), slots_(slots), list_(list) {}

  void start(std::uint32_t m) {
    Member& member = members_[m];
    NodeConfig c;
    c.self.id = NodeId(m + 1);
    c.self.host = "member-" + std::to_string(m);
    c.self.gossip_port = 7946;
    c.self.generation = {m + 1, ++generations_};
    c.fresh_storage = {m + 1, generations_};
    c.seed = generations_;
    c.slots = slots_;
    c.durable_votes = true;
    if (m > 0) c.join = {address(0)};
    member.node = std::make_unique<Node>(c);
    ++member.process;
    Started started;
    started.vote = member.vote;
    come(m, now_, std::move(started));
  }
  void stop(std::uint32_t m) { come(m, now_, StopAsked{}); }
  void leave(std::uint32_t m) { come(0, now_, LeaveAsked{NodeId(m + 1)}); }
  void kill(std::uint32_t m) {
    Member& member = members_[m];
    member.node.reset();
    member.inbox.clear();
    for (const auto& [link, end] : member.links) {
      members_[end.member].links.erase(end.link);
      come(end.member, now_ + kOnTheWay, LinkClosed{end.link});
    }
    member.links.clear();
  }
  bool up(std::uint32_t m) const { return members_[m].node != nullptr; }
  const Node& node(std::uint32_t m) const { return *members_[m].node; }
  std::uint64_t last_epoch() const {
    std::uint64_t last = 0;
    for (const Member& m : members_)
      if (m.node && m.node->view()) last = std::max(last, m.node->view()->epoch.value);
    return last;
  }

  // False if it does not come to that within a minute.
  template <class Done>
  bool run_until(Done&& done) {
    for (const Time end = now_ + 60s; now_ < end; now_ += kTickOfWorld) {
      while (!due_.empty() && due_.top().at <= now_ + kTickOfWorld) deliver();
      if (done()) return true;
    }
    return false;
  }
  // All slots have their replicas where the ring wants them, and every member agrees.
  bool whole(std::uint32_t active) const {
    ViewRef view;
    for (const Member& m : members_) {
      if (!m.node) continue;
      if (!m.node->ready(at(now_)) || (view && m.node->view()->epoch != view->epoch)) return false;
      view = m.node->view();
    }
    std::size_t count = 0;
    for (const ViewMember& m : view->members) count += m.state == MemberState::kActive;
    if (count != active) return false;
    for (std::uint32_t s = 0; s < slots_; ++s) {
      const Slot slot{static_cast<std::uint16_t>(s)};
      const InSyncList& list = view->config(slot).list;
      const auto wanted = view->ring.wanted(slot);
      if (list.size() != wanted.size()) return false;
      for (std::size_t i = 0; i < wanted.size(); ++i)
        if (list[i] != view->incarnation_of(wanted[i])) return false;
    }
    return true;
  }

  std::vector<Spent> take_turns() { return std::exchange(turns_, {}); }

 private:
  static Now at(Time t) { return {t, WallTime(std::chrono::duration_cast<WallTime::duration>(t.time_since_epoch()))}; }
  static Address address(std::uint32_t m) { return {"member-" + std::to_string(m), 7946}; }
  std::uint32_t member_at(const Address& a) const {
    return static_cast<std::uint32_t>(std::stoul(a.host.substr(a.host.find('-') + 1)));
  }

  void come(std::uint32_t m, Time when, Event event) { come(m, when, Coming{std::move(event), {}, {}}); }
  void come(std::uint32_t m, Time when, Coming coming) {
    due_.push({when, ++numbers_, m, members_[m].process, std::make_shared<Coming>(std::move(coming))});
  }

  // Everything that is due at one member at one moment is a turn.
  void deliver() {
    const Time when = due_.top().at;
    const std::uint32_t m = due_.top().member;
    Member& member = members_[m];
    while (!due_.empty() && due_.top().at == when && due_.top().member == m) {
      if (member.node && due_.top().process == member.process) member.inbox.push_back(due_.top().coming);
      due_.pop();
    }
    if (member.node && !member.inbox.empty()) turn(m, when);
  }

  void turn(std::uint32_t m, Time when) {
    Member& member = members_[m];
    Spent spent;
    const double began = processor_ms();
    while (!member.inbox.empty() && member.node) {
      const std::shared_ptr<Coming> coming = std::move(member.inbox.front());
      member.inbox.pop_front();
      if (coming->bytes.empty()) {
        spent.what += " #" + std::to_string(coming->event.index());
        step(m, std::move(coming->event), when, spent);
        continue;
      }
      if (!member.links.contains(coming->link)) continue;
      const double then = processor_ms();
      auto frame = member.codec.decode(coming->bytes);
      spent.reading += processor_ms() - then;
      std::string_view last;
      for (const Message& message : frame->messages)
        if (std::exchange(last, name_of(message)) != name_of(message)) spent.what += " " + std::string(last);
      step(m, Received{coming->link, std::move(*frame)}, when, spent);
    }
    if (member.node) step(m, TurnEnded{}, when, spent);
    spent.all = processor_ms() - began;
    if (spent.what.size() > 100) spent.what = spent.what.substr(0, 100) + " …";
    if (spent.all >= list_)
      std::printf("%10.3f s  member %u  %6.2f ms: read %.2f, step %.2f, write %.2f:%s\n",
                  std::chrono::duration<double>(when.time_since_epoch()).count(), m + 1, spent.all, spent.reading,
                  spent.stepping, spent.writing, spent.what.c_str());
    turns_.push_back(std::move(spent));
    if (!member.node) return;
    if (const auto deadline = member.node->deadline(); deadline && (!wakes_[m] || *wakes_[m] > *deadline)) {
      wakes_[m] = std::max(*deadline, when + 10us);
      come(m, *wakes_[m], Woke{});
    }
  }

  void step(std::uint32_t m, Event event, Time when, Spent& spent) {
    if (std::holds_alternative<Woke>(event)) wakes_[m].reset();
    const double began = processor_ms();
    members_[m].node->step(std::move(event), at(when), effects_);
    const double stepped = processor_ms();
    spent.stepping += stepped - began;
    for (Effect& effect : effects_.list()) {
      if (!members_[m].node) break;
      carry_out(m, effect, when);
    }
    effects_.clear();
    spent.writing += processor_ms() - stepped;
  }

  void carry_out(std::uint32_t m, Effect& effect, Time when) {
    Member& member = members_[m];
    if (auto* d = std::get_if<Dial>(&effect)) {
      const std::uint32_t other = member_at(d->to);
      if (!up(other)) return come(m, when + kOnTheWay, LinkClosed{d->link, true});
      const End there{other, LinkId(members_[other].next_link)};
      members_[other].next_link += 2;
      member.links[d->link] = there;
      members_[other].links[there.link] = {m, d->link};
      come(m, when + kOnTheWay, LinkOpened{d->link});
    } else if (auto* c = std::get_if<Close>(&effect)) {
      const auto link = member.links.find(c->link);
      if (link == member.links.end()) return;
      const End other = link->second;
      member.links.erase(link);
      members_[other.member].links.erase(other.link);
      come(other.member, when + kOnTheWay, LinkClosed{other.link});
    } else if (auto* s = std::get_if<Send>(&effect)) {
      std::string bytes;
      member.codec.encode(s->frame, bytes);
      const auto link = member.links.find(s->link);
      if (link == member.links.end()) return;
      come(link->second.member, when + kOnTheWay, Coming{Woke{}, link->second.link, std::move(bytes)});
    } else if (auto* g = std::get_if<Gossip>(&effect)) {
      const std::uint32_t other = member_at(g->to);
      if (up(other)) come(other, when + kOnTheWay, Heard{address(m), g->packet});
    } else if (auto* v = std::get_if<StoreVote>(&effect)) {
      member.vote = v->record;  // another thread gives it bytes
      come(m, when + kOnDisk, VoteStored{v->id});
    } else if (std::holds_alternative<Stopped>(effect)) {
      kill(m);
    }
  }

  std::vector<Member> members_;
  std::map<std::uint32_t, std::optional<Time>> wakes_;
  std::uint32_t slots_;
  double list_;  // ms
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::uint64_t numbers_ = 0, generations_ = 0;
  Time now_{1s};
  Effects effects_;
  std::vector<Spent> turns_;
};

bool tell(World& world, const char* what, bool done) {
  static std::uint64_t epoch = 0;
  std::vector<Spent> turns = world.take_turns();
  double all = 0;
  std::size_t over[3] = {};
  const double limits[3] = {2, 5, 20};
  const Spent* longest = nullptr;
  for (const Spent& t : turns) {
    all += t.all;
    for (int i = 0; i < 3; ++i) over[i] += t.all > limits[i];
    if (!longest || t.all > longest->all) longest = &t;
  }
  const std::uint64_t last = world.last_epoch();
  std::printf("| %s | %llu | %.0f | %zu | %zu | %zu | %.1f | %.1f, %.1f, %.1f |%s |\n", what,
              static_cast<unsigned long long>(last - std::exchange(epoch, last)), all, over[0], over[1], over[2],
              longest ? longest->all : 0, longest ? longest->reading : 0, longest ? longest->stepping : 0,
              longest ? longest->writing : 0, longest ? longest->what.c_str() : "");
  std::fflush(stdout);
  if (!done) std::printf("%s: it did not come to an end\n", what);
  return done;
}

bool run(std::uint32_t nodes, std::uint32_t slots, double list) {
  World world(nodes + 1, slots, list);
  const auto whole = [&](std::uint32_t active) { return [&world, active] { return world.whole(active); }; };
  std::puts(
      "| change | views | processor [ms] | turns > 2 ms | > 5 ms | > 20 ms | longest [ms] | of it read, step, write | "
      "what came in |");
  std::puts("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (std::uint32_t m = 0; m < nodes; ++m) world.start(m);
  if (!tell(world, "start", world.run_until(whole(nodes)))) return false;
  world.start(nodes);
  if (!tell(world, "join", world.run_until(whole(nodes + 1)))) return false;
  world.leave(nodes);
  const bool left = world.run_until([&] { return !world.up(nodes); }) && world.run_until(whole(nodes));
  if (!tell(world, "leave", left)) return false;
  world.stop(1);
  if (!tell(world, "stop", world.run_until([&] { return !world.up(1); }))) return false;
  world.start(1);
  if (!tell(world, "return", world.run_until(whole(nodes)))) return false;
  world.kill(1);
  if (!tell(world, "kill", world.run_until(whole(nodes - 1)))) return false;
  world.start(1);
  return tell(world, "return", world.run_until(whole(nodes)));
}

}  // namespace
}  // namespace hc

int main(int argc, char** argv) {
  std::uint32_t nodes = 3, slots = hc::kSlots;
  double list = std::numeric_limits<double>::infinity();
  CLI::App app("How long a member is busy at a stretch while views change.");
  app.add_option("--nodes", nodes, "members at the beginning")->check(CLI::Range(2, 20));
  app.add_option("--slots", slots, "slots")->check(CLI::Range(1U, hc::kSlots));
  app.add_option("--list", list, "every turn that takes so many milliseconds");
  CLI11_PARSE(app, argc, argv);
  return hc::run(nodes, slots, list) ? 0 : 1;
}
