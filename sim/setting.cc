#include "sim/setting.h"

#include "core/command/notice.h"
#include "sim/clock.h"
#include "sim/draw_plan.h"
#include "sim/pins.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

constexpr std::uint32_t kAllNotices = *parse_notices("KEAn");

std::uint32_t draw_slots(Random& random) {
  const std::uint64_t dice = random.below(50);
  if (dice == 0) return kSlots;
  if (dice < 10) return 1;
  if (dice < 40) return 16;
  return 256;
}

template <class T, std::size_t N>
T pick(Random& random, const T (&from)[N]) {
  return from[random.below(N)];
}

NodeConfig draw_node(Random& random, std::uint32_t nodes) {
  NodeConfig c;
  static constexpr std::uint32_t kFactors[] = {1, 2, 2, 2, 2, 2, 2, 3, 3, 3};
  static constexpr Duration kLongLease = 4s;  // longer than it takes to remove a member
  static constexpr Duration kLeases[] = {400ms, 700ms, 1s, 1s, 1500ms};
  static constexpr Duration kDeadlines[] = {1s, 2s, 5s, 5s, 10s};
  static constexpr Duration kPatience[] = {600ms, 1500ms, 2500ms, 2500ms};
  static constexpr std::size_t kChunks[] = {48, 200, 1000, 32 * 1024};
  static constexpr std::size_t kWindows[] = {256, 4096, 512 * 1024};
  c.replication_factor = std::min(pick(random, kFactors), nodes);
  c.lease = pick(random, kLeases);
  c.deadline = pick(random, kDeadlines);
  c.patience = pick(random, kPatience);
  c.fill_chunk_bytes = pick(random, kChunks);
  c.fill_window_bytes = pick(random, kWindows);
  c.min_in_sync = c.replication_factor >= 2 && random.percent(10) ? 2 : 1;
  c.slot_loss_wait = random.percent(10);
  c.voters_max = random.percent(80) ? 5 : 3;
  if (random.percent(10)) c.lease = kLongLease;
  c.durable_votes = true;
  return c;
}

void draw_backlog(NodeConfig& node, Random random) {
  static constexpr std::size_t kBacklogs[] = {200, 2000, 64 << 10, 16 << 20, 16 << 20, 16 << 20};
  node.backlog_bytes = pick(random, kBacklogs);
  node.backlog_bytes_all = node.backlog_bytes * 8;
}

void draw_durability(Setting& s, Random random) {
  NodeConfig& node = s.node;
  static constexpr Fsync kPolicies[] = {Fsync::kAlways, Fsync::kAlways, Fsync::kEverySecond, Fsync::kNo};
  static constexpr std::size_t kSegments[] = {500, 4000, 64 << 10, 64 << 20};
  node.append_only = true;
  node.append_fsync = pick(random, kPolicies);
  node.segment_bytes = pick(random, kSegments);
  node.slot_loss_wait = random.percent(70);
  static constexpr std::size_t kSnapshots[] = {1000, 20000, 64 << 20};
  node.snapshot_bytes = pick(random, kSnapshots);
  if (random.percent(30)) node.snapshot_every = draw_log(random, 500ms, 20s);
  s.changes_fsync = random.percent(25);
}

// A clock that shows only every tick may show a lease for a tick too long: that much less is left for its drift.
void draw_clocks(Setting& s, Random& random) {
  static constexpr Duration kTicks[] = {1ns, 1ns, 1ns, 1ms, 4ms, 10ms};
  const bool beyond = seam::on(seam::Mutant::kDriftBeyondBound);
  s.clock_tick = pick(random, kTicks);
  const std::uint32_t lost = s.clock_tick > 1us ? static_cast<std::uint32_t>(200 * s.clock_tick / s.node.lease) + 1 : 0;
  s.clock_drift_percent = beyond ? 40 : s.node.drift_percent - std::min(lost, s.node.drift_percent);
}

// In a quarter of the runs memory is short, on all machines or now and then on one.
void draw_memory(Setting& s, Random random) {
  if (!random.percent(25)) return;
  s.node.memory.policy = static_cast<EvictionPolicy>(random.below(std::size(kEvictionPolicies)));
  s.node.memory.samples = static_cast<std::uint32_t>(random.between(1, 5));
  if (random.percent(40)) s.node.memory.bytes = random.between(300, 4000);
  draw_squeezes(s, s.plan, random);
}

// In a quarter of the runs clients use cuckoo filters, too; in half of them slots have filters over their keys.
void draw_filters(Setting& s, Random random) {
  static constexpr std::uint32_t kRates[] = {0, 0, 1000, 200'000};
  s.node.key_filter_ppm = pick(random, kRates);
  if (random.percent(25)) s.workload.filter_items = static_cast<std::uint32_t>(random.between(4, 24));
}
// In three of ten runs somebody listens, also to what is told of keys.
void draw_listeners(Setting& s, Random random) {
  if (random.percent(30)) s.listeners = static_cast<std::uint32_t>(random.between(1, 4));
}

Weather draw_weather(Random& random) {
  Weather w;
  if (random.percent(30)) w.delay_most = draw_log(random, 500us, 20ms);
  if (random.percent(50)) w.tail_ppm = static_cast<std::uint32_t>(random.between(100, 5000));
  w.tail_most = 300ms;
  if (random.percent(50)) w.loss_ppm = static_cast<std::uint32_t>(random.between(100, 20000));
  if (random.percent(50)) w.duplicate_ppm = static_cast<std::uint32_t>(random.between(100, 20000));
  if (random.percent(50)) w.split_ppm = static_cast<std::uint32_t>(random.between(1000, 100000));
  return w;
}

void draw_machine_clocks(Setting& s, Random clocks) {
  const RateBounds rates = rate_bounds(s.clock_drift_percent);
  for (std::uint32_t i = 0; i < s.machines(); ++i) {
    MachineClock c;
    c.rate_ppm = draw_rate(clocks, rates);
    c.base = draw(clocks, 1h, 1000h);
    c.wall_skew = draw(clocks, 0ns, 2 * s.wall_skew_most) - s.wall_skew_most;
    s.clocks.push_back(c);
  }
}

// Three runs of ten have members of both versions, which change.
void draw_wire_versions(Setting& s, Random random) {
  if (!random.percent(30)) return;
  const bool all_old = random.percent(50);
  for (std::uint32_t i = 0; i < s.machines(); ++i)
    s.wire_versions.push_back(all_old ? kWireVersionMin
                                      : static_cast<std::uint32_t>(random.between(kWireVersionMin, kWireVersionMax)));
}

Setting setting_of_plan(const Options& options) {
  Setting s = usual_setting();
  s.seed = options.seed;
  s.nodes = options.nodes;
  s.load = std::chrono::seconds(options.seconds);
  if (options.slots) s.node.slots = *options.slots;
  s.plan = *options.plan;
  s.faults = true;
  s.buggify = options.buggify.value_or(s.plan.buggify);
  for (const auto& [name, value] : s.plan.set) set_pin(s, name, value);
  settle(s);
  return s;
}

}  // namespace

Setting usual_setting() {
  Setting s;
  s.node.slots = 16;
  s.node.durable_votes = true;
  s.weather.delay_least = s.weather.delay_most = 250us;
  s.client.moves_percent = 0;
  s.scripted = true;
  return s;
}

void settle(Setting& s) {
  // Whatever a plan leaves out, the checkers have to know how far off clocks are.
  for (const MachineClock& c : s.clocks) s.wall_skew_most = std::max(s.wall_skew_most, std::chrono::abs(c.wall_skew));
  for (const Fault& f : s.plan.faults)
    if (f.kind == FaultKind::kWallJump)
      s.wall_skew_most = std::max(s.wall_skew_most, Duration(static_cast<std::int64_t>((f.amount + 1) / 2)));
  s.weather.delay_most = std::max(s.weather.delay_least, s.weather.delay_most);
  s.node.replication_factor = std::min(s.node.replication_factor, s.nodes);
  s.node.min_in_sync = std::min(s.node.min_in_sync, s.node.replication_factor);
  s.node.backlog_bytes_all = s.node.backlog_bytes * 8;
  s.client.patience = s.node.deadline + 2s;
  s.client.deadline = s.node.deadline * 8 / 10;  // true time; node clocks may be faster
  if (s.listeners > 0) s.node.notices = kAllNotices;
  s.host_labels.resize(s.machines());
  s.clocks.resize(s.machines());
  if (s.scripted) s.workload.keys = s.workload.filter_items = 0;  // but those that are asked for
  for (const Ask& a : s.plan.asks) s.clients = std::max(s.clients, a.client + 1);
  if (!s.scripted) s.client.moves_percent = Client::Knobs{}.moves_percent;
}

std::optional<std::string> misfit(const Setting& s) {
  for (const Ask& a : s.plan.asks)
    if (a.machine >= s.machines()) return "there is no machine to ask: " + to_text(a);
  return std::nullopt;
}

Setting draw_setting(const Options& options) {
  if (options.plan && options.plan->version >= 2) return setting_of_plan(options);
  Random random = stream(options.seed, "setting");
  Setting s;
  s.seed = options.seed;
  s.nodes = options.nodes;
  s.faults = options.faults;
  s.load = std::chrono::seconds(options.seconds);
  // Everything is drawn in any case, so that a flag changes what it says and nothing else.
  const std::uint32_t slots = draw_slots(random);
  s.node = draw_node(random, s.nodes);
  s.node.slots = options.slots.value_or(slots);
  draw_backlog(s.node, stream(options.seed, "backlog"));
  if (options.logs) draw_durability(s, stream(options.seed, "log"));
  if (options.power_every) s.node.append_fsync = Fsync::kAlways, s.changes_fsync = false;
  if (s.node.slots > 256) s.node.fill_window_bytes = 512 * 1024;  // else filling alone takes longer than settling may
  s.founding = s.nodes > 1 && random.percent(60) ? Setting::Founding::kFounders : Setting::Founding::kFirst;
  const bool early = random.percent(15), loses = random.percent(20), stay_dead = random.percent(25);
  const bool joins = random.percent(30);
  s.wall_skew_most = random.percent(30) ? 0ms : draw(random, 1ms, 400ms);
  const std::uint64_t loop = random.below(3);
  s.turn_delay = loop == 0 ? 0ns : loop == 1 ? 50us : 2ms;
  s.clients = std::min(s.nodes, 4U) + static_cast<std::uint32_t>(random.below(3));
  s.workload.keys = static_cast<std::uint32_t>(random.between(5, 20));
  s.client.pipeline = random.percent(30) ? 3 : 1;
  s.client.think_most = draw(random, 200ms, 1s);
  if (random.percent(12)) s.client.think_most = 60ms, s.client.pipeline = 1;
  s.client.patience = s.node.deadline + 2s;
  s.client.deadline = s.node.deadline * 8 / 10;  // true time; node clocks may be faster
  const Weather weather = draw_weather(random);
  Random late = stream(options.seed, "late setting");  // what was added after seeds were known
  draw_clocks(s, late);
  if (late.percent(30)) s.client.vanishes_percent = static_cast<std::uint32_t>(late.between(1, 5));
  const std::uint32_t most_join = late.percent(50) ? 1 : static_cast<std::uint32_t>(late.between(1, 3));
  for (std::uint32_t i = 0; i < s.nodes + 3; ++i)
    s.host_labels.push_back(random.percent(10) ? "host-" + std::to_string(random.below(2)) : "");
  if (s.nodes <= 2) s.host_labels.assign(s.nodes + 3, "");
  Random plan = stream(options.seed, "plan");
  if (s.faults) {
    s.early = early;
    s.loses_slots = (loses || s.node.replication_factor == 1) && !options.power_every;
    if (s.loses_slots && !s.node.append_only)
      s.node.slot_loss_wait = false;  // else a lost slot stays lost, and little happens from then on
    s.some_stay_lost = stay_dead && s.nodes >= 3;
    s.joiners = joins ? most_join : 0;
    s.weather = weather;
    s.buggify = options.buggify.value_or(!options.plan);
    s.plan = options.plan ? *options.plan : draw_plan(s, plan);
    Random leaves = stream(options.seed, "leaves");
    if (!options.plan) draw_leaves(s, leaves, s.plan);
    if (!options.plan) draw_accepted_losses(s, stream(options.seed, "accepted losses"), s.plan);
    draw_wire_versions(s, stream(options.seed, "wire versions"));
    if (!options.plan) draw_upgrades(s, stream(options.seed, "upgrades"), s.plan);
    if (!options.plan) draw_forces(s, stream(options.seed, "forces"), s.plan);
    if (options.logs && !options.plan) add_power_losses(s, s.plan, stream(options.seed, "power"));
    if (options.power_every && !options.plan)
      add_more_power_losses(s, s.plan, stream(options.seed, "more power"), std::chrono::seconds(*options.power_every));
    if (options.logs && !options.plan) draw_full_disks(s, s.plan, stream(options.seed, "full disks"));
    if (!options.plan) draw_memory(s, stream(options.seed, "memory"));
  }
  draw_listeners(s, stream(options.seed, "who listens"));
  if (s.listeners > 0) s.node.notices = kAllNotices;
  draw_machine_clocks(s, stream(options.seed, "clocks"));
  draw_filters(s, stream(options.seed, "filters"));
  return s;
}

}  // namespace hc::sim
