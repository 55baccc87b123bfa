// Unit tests of plan, a part of the simulator.
#include "sim/plan.h"

#include <gtest/gtest.h>

#include "core/view/ring.h"
#include "sim/check/views.h"
#include "sim/setting.h"

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
  EXPECT_FALSE(parse_plan("plan 2\n", error));
  EXPECT_EQ(error, "line 1: expected \"plan 1\"");
  EXPECT_FALSE(parse_plan("plan 1\n1.0 crash a=1\n2.0 crsh a=1\n", error));
  EXPECT_EQ(error, "line 3 is no fault: 2.0 crsh a=1");
  EXPECT_FALSE(parse_plan("plan 1\n1.0 crash a=x\n", error));
  EXPECT_TRUE(parse_plan("plan 1\n# a comment\n\n1.5 pause a=1 lasts=2\n", error));
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
