// Unit tests of plan, a part of the simulator.
#include "sim/plan.h"

#include <gtest/gtest.h>

#include "core/view/ring.h"
#include "sim/check/views.h"
#include "sim/pins.h"
#include "sim/setting.h"
#include "sim/spoken.h"
#include "sim/world.h"

namespace hc::sim {
namespace {

TEST(Plan, IsReadBackAsItWasPrinted) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Options o;
    o.seed = seed;
    o.nodes = 3 + static_cast<std::uint32_t>(seed % 5);
    o.faults = true;
    const Plan plan = draw_setting(o).plan;
    std::string error;
    const auto again = parse_plan(to_text(plan), error);
    ASSERT_TRUE(again) << error;
    EXPECT_EQ(*again, plan);
    EXPECT_GE(plan.faults.size(), 5U);
  }
}

TEST(Plan, ErrorsNameTheLine) {
  std::string error;
  EXPECT_FALSE(parse_plan("plan 3\n", error));
  EXPECT_EQ(error, "line 1: expected \"plan 1\" or \"plan 2\"");
  EXPECT_FALSE(parse_plan("plan 1\n1.0 crash a=1\n2.0 crsh a=1\n", error));
  EXPECT_EQ(error, "line 3 is no fault: 2.0 crsh a=1");
  EXPECT_FALSE(parse_plan("plan 1\n1.0 crash a=x\n", error));
  EXPECT_TRUE(parse_plan("plan 1\n# a comment\n\n1.5 pause a=1 lasts=2\n", error));
}

TEST(Plan, SaysTheSettingAndTheOperations) {
  const std::string text =
      "plan 2\n# a comment\nset lease=1.5 nodes=5\nset wall-skews=-0.003,0.1\nbuggify\n"
      "0.5 ask client=2 at=1 SET \"two words\" \"\\\"\\\\\\x00\" PX 200\n1 crash a=1 lasts=2.5\n"
      "1.000000001 ask client=0 at=4 vanishes=1 DEL key1 key2\n";
  std::string error;
  const auto plan = parse_plan(text, error);
  ASSERT_TRUE(plan) << error;
  EXPECT_TRUE(plan->buggify);
  EXPECT_EQ(plan->set.size(), 3U);
  ASSERT_EQ(plan->asks.size(), 2U);
  EXPECT_EQ(plan->asks[0].words, (std::vector<std::string>{"SET", "two words", std::string("\"\\\0", 3), "PX", "200"}));
  EXPECT_TRUE(plan->asks[1].vanishes);
  EXPECT_EQ(plan->asks[1].at, instant(1'000'000'001));
  ASSERT_EQ(plan->faults.size(), 1U);
  const auto again = parse_plan(to_text(*plan, "# a comment\n"), error);
  ASSERT_TRUE(again) << error;
  EXPECT_EQ(*again, *plan);
  Options o;
  o.plan = *plan;
  const Setting s = draw_setting(o);
  EXPECT_EQ(s.node.lease, 1500ms);
  EXPECT_EQ(s.nodes, 5U);
  EXPECT_EQ(s.clocks[0].wall_skew, -3ms);
  EXPECT_EQ(s.wall_skew_most, 100ms) << "the checkers have to know";
}

TEST(Plan, ErrorsInVersion2NameTheLineToo) {
  std::string error;
  for (const char* line : {"set leese=1", "set lease=0", "set lease=1 lease=2", "set nodes=99", "set clock-rates=1,x",
                           "1 ask client=1 at=0", "1 ask client=x at=0 GET a", "1 ask client=1 at=0 GET \"a",
                           "1 ask client=1 at=0 FLUSHALL", "1 ask who=1 GET a", "-1 ask GET a", "buggify a"}) {
    EXPECT_FALSE(parse_plan("plan 2\n" + std::string(line) + "\n", error)) << line;
    EXPECT_TRUE(error.starts_with("line 2 ") && error.ends_with(line)) << error;
  }
  EXPECT_FALSE(parse_plan("plan 1\n1 ask client=1 at=0 GET a\n", error)) << "version 1 has faults alone";
}

// A plan that says all of the setting runs as its seed does: nothing that is drawn has been forgotten.
TEST(Pins, SayTheWholeSetting) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Options o;
    o.seed = seed;
    o.nodes = 3 + static_cast<std::uint32_t>(seed % 3);
    o.faults = true;
    o.slots = 16;
    o.seconds = 5;
    const Setting drawn = draw_setting(o);
    Plan plan;
    plan.version = 2;
    plan.set = pins_of(drawn);
    plan.set["load"] = "drawn";
    plan.faults = drawn.plan.faults;
    plan.buggify = drawn.buggify;
    std::string error;
    const auto read = parse_plan(to_text(plan), error);
    ASSERT_TRUE(read) << error;
    Options p = o;
    p.plan = read;
    EXPECT_EQ(pins_of(draw_setting(p)), plan.set);
    if (seed > 8) continue;
    EXPECT_EQ(run_seed(p).hash, run_seed(o).hash) << to_text(plan);
  }
}

// What a seed's clients ask, written down, is understood as it was meant.
TEST(Spoken, IsWhatTheWorkloadMeant) {
  Workload workload({.filter_items = 6}, 5ms, Random(7));
  for (int i = 0; i < 2000; ++i) {
    const Request r = workload.draw(Instant{});
    const auto spoken = understand(r.args, 5ms);
    ASSERT_TRUE(spoken) << r.args.front();
    if (r.shape == Request::Shape::kSum && r.parts.size() == 1) continue;  // its reply tells more than was asked for
    EXPECT_EQ(spoken->shape, r.shape) << r.args.front();
    if (r.shape == Request::Shape::kKeys) continue;  // of all keys, which only the workload knows
    ASSERT_EQ(spoken->operations.size(), r.parts.size()) << r.args.front();
    for (std::size_t k = 0; k < r.parts.size(); ++k) {
      const Operation &a = spoken->operations[k], &b = r.parts[k].operation;
      EXPECT_EQ(spoken->keys[k], workload.subject(r.parts[k].key));
      EXPECT_EQ(to_text(a), to_text(b));
      EXPECT_EQ(a.ends, b.ends);
      EXPECT_EQ(a.amount, b.amount);
    }
  }
}

TEST(Setting, AFlagChangesWhatItSaysAndNothingElse) {
  Options quiet, faulty;
  quiet.seed = faulty.seed = 17;
  faulty.faults = true;
  const Setting a = draw_setting(quiet), b = draw_setting(faulty);
  EXPECT_TRUE(a.plan.faults.empty());
  EXPECT_EQ(a.node.slots, b.node.slots);
  EXPECT_EQ(a.node.lease, b.node.lease);
  EXPECT_EQ(a.clients, b.clients);
  EXPECT_EQ(a.workload.keys, b.workload.keys);
}

// ---- the checker of views

Incarnation who(std::uint32_t id, std::uint64_t generation = 1) { return {NodeId(id), Generation{generation, id}}; }

std::shared_ptr<View> view(std::uint64_t epoch, std::vector<Incarnation> list, std::uint64_t slot_epoch) {
  auto v = std::make_shared<View>();
  v->epoch = Epoch(epoch);
  for (std::uint32_t id = 1; id <= 3; ++id) {
    ViewMember m;
    m.info.id = NodeId(id);
    m.info.host = "10.0.0." + std::to_string(id);
    m.info.generation = who(id).generation;
    v->members.push_back(m);
  }
  v->slots.resize(1);
  v->slots[0].epoch = Epoch(slot_epoch);
  for (const Incarnation& w : list) v->slots[0].list.push_back(w);
  v->derive_ring();
  return v;
}

Report report(ReportKind kind, Incarnation by, Incarnation about, std::uint64_t as_of) {
  Report r;
  r.kind = kind;
  r.by = by;
  r.about = about;
  r.as_of = Epoch(as_of);
  r.slots = SlotSet(1);
  r.slots.add(Slot{0});
  return r;
}

struct Watched {
  std::map<Incarnation, Instant> ended;
  ViewCheck check{[this](Incarnation x) -> std::optional<Instant> {
    const auto at = ended.find(x);
    return at == ended.end() ? std::nullopt : std::optional(at->second);
  }};
  // Empty if all is well.
  std::string step(const std::shared_ptr<View>& next, std::vector<Report> evidence = {}) {
    check.proposed({next, std::move(evidence)});
    return check.installed(NodeId(1), next).value_or("");
  }
};

TEST(ViewCheck, ALegalHistory) {
  Watched w;
  EXPECT_EQ(w.step(view(1, {who(1), who(2)}, 1)), "");
  EXPECT_EQ(w.step(view(2, {who(1)}, 2), {report(ReportKind::kComplaint, who(1), who(2), 1)}), "");
  EXPECT_EQ(w.step(view(3, {who(1), who(3)}, 3), {report(ReportKind::kCaughtUp, who(1), who(3), 2)}), "");
  EXPECT_EQ(w.check.installed(NodeId(2), view(3, {who(1), who(3)}, 3)), std::nullopt);
  EXPECT_EQ(w.check.losses(), 0U);
}

TEST(ViewCheck, ACountedLearnerMayReplaceThePrimaryItComplainsOf) {
  Watched w;
  EXPECT_EQ(w.step(view(1, {who(1)}, 1)), "");
  EXPECT_EQ(w.step(view(2, {who(2)}, 2), {report(ReportKind::kCaughtUp, who(1), who(2), 1),
                                          report(ReportKind::kComplaint, who(2), who(1), 1)}),
            "");
  EXPECT_EQ(w.check.losses(), 0U);
}

TEST(ViewCheck, WhatItCatches) {
  {
    Watched w;
    w.step(view(1, {who(1), who(2)}, 1));
    EXPECT_NE(w.check.installed(NodeId(2), view(1, {who(2), who(1)}, 1)), std::nullopt) << "two views of one epoch";
  }
  {
    Watched w;
    w.step(view(2, {who(1)}, 2));
    EXPECT_NE(w.step(view(1, {who(1)}, 1)), "") << "an epoch goes back";
  }
  {
    Watched w;
    w.step(view(1, {who(1)}, 1));
    EXPECT_NE(w.step(view(2, {who(1), who(2)}, 2)), "") << "an uncounted learner enters";
  }
  {
    Watched w;
    w.step(view(1, {who(1), who(2)}, 1));
    EXPECT_NE(w.step(view(2, {who(1)}, 2), {report(ReportKind::kComplaint, who(3), who(2), 1)}), "") << "by hearsay";
  }
  {
    Watched w;
    w.step(view(1, {who(1), who(2)}, 1));
    w.step(view(2, {who(2), who(1)}, 2));
    EXPECT_NE(w.step(view(3, {who(2)}, 3), {report(ReportKind::kComplaint, who(2), who(1), 1)}), "")
        << "on a word of an earlier slot epoch";
  }
  {
    Watched w;
    w.step(view(1, {who(1), who(2)}, 1));
    EXPECT_NE(w.step(view(2, {who(1, 9)}, 2)), "") << "a reset of the living";
  }
}

TEST(ViewCheck, ALossIsReportedWithTheLastEnd) {
  Watched w;
  w.step(view(1, {who(1), who(2)}, 1));
  w.ended[who(1)] = instant(5);
  w.ended[who(2)] = instant(9);
  EXPECT_EQ(w.step(view(2, {who(1, 9)}, 2)), "");
  const auto losses = w.check.take_losses();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].at, instant(9));
  EXPECT_TRUE(w.check.take_losses().empty());
}

}  // namespace
}  // namespace hc::sim
