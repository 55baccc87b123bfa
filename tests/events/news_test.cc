// What a member tells of the cluster, from the views that it installs and from what membership believes.
#include <gtest/gtest.h>

#include "core/events/cluster_news.h"
#include "core/view/slot_index.h"

namespace hc {
namespace {

ViewMember member(std::uint32_t id, std::uint64_t process, MemberState state = MemberState::kActive) {
  ViewMember m;
  m.info.id = NodeId(id);
  m.info.generation = {id, process};
  m.state = state;
  return m;
}

std::size_t slots_moving(const View& view) { return SlotIndex(std::make_shared<View>(view)).moving().count(); }

View view(std::uint64_t epoch, std::vector<ViewMember> members) {
  View v;
  v.epoch = Epoch(epoch);
  v.replication_factor = 2;
  v.members = std::move(members);
  v.voters = {{v.members.front().info.id, {1, 1}}};
  v.slots.resize(4);
  v.derive_ring();
  for (std::uint16_t s = 0; s < 4; ++s)
    for (const NodeId id : v.ring.wanted(Slot{s})) v.slots[s].list.push_back(v.incarnation_of(id));
  return v;
}

std::vector<std::string> types(ClusterNews& news) {
  std::vector<std::string> all;
  for (const News& n : news.take()) all.emplace_back(n.type);
  return all;
}
using Types = std::vector<std::string>;
constexpr WallTime kAt{WallTime::duration(1700000000000)};

TEST(ClusterNews, SaysWhatAViewIs) {
  ClusterNews news(NodeId(1));
  news.view_installed(nullptr, view(1, {member(1, 1)}), 0, kAt);
  const auto told = news.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].json,
            R"({"type":"view-installed","at_ms":1700000000000,"node":"node-1","epoch":1,"members":1,"active":1,)"
            R"("voters":["node-1"],"slots_moving":0})");
}

TEST(ClusterNews, ComparesMembers) {
  ClusterNews news(NodeId(1));
  const View a = view(1, {member(1, 1), member(2, 1)}), b = view(2, {member(1, 1), member(2, 1), member(3, 1)}),
             c = view(3, {member(1, 1), member(2, 2), member(3, 1, MemberState::kAbsent)}),
             d = view(4, {member(1, 1), member(2, 2, MemberState::kLeaving), member(3, 2)}),
             e = view(5, {member(1, 1), member(3, 2)});
  news.view_installed(&a, b, slots_moving(b), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed", "member-joined"}));
  news.view_installed(&b, c, slots_moving(c), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed", "member-returned", "member-stopped"}));
  news.view_installed(&c, d, slots_moving(d), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed", "member-leaving", "member-returned"}));
  news.view_installed(&d, e, slots_moving(e), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed", "member-left"}));
}

TEST(ClusterNews, SaysHowFarTransfersAre) {
  ClusterNews news(NodeId(1));
  View now = view(2, {member(1, 1), member(2, 1)});
  for (SlotConfig& slot : now.slots) {
    slot.list.clear();
    slot.list.push_back({NodeId(1), {1, 1}});
  }
  const View done = view(3, {member(1, 1), member(2, 1)});
  news.view_installed(nullptr, now, slots_moving(now), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed", "transfer-progress"}));
  news.view_installed(&now, now, slots_moving(now), kAt);
  EXPECT_EQ(types(news), (Types{"view-installed"}));
  news.view_installed(&now, done, slots_moving(done), kAt);
  const auto told = news.take();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[1].json.ends_with(R"("epoch":3,"slots_moving":0,"slots":4})")) << told[1].json;
}

TEST(ClusterNews, SaysWhoSeemsHow) {
  ClusterNews news(NodeId(1));
  news.seems(NodeId(2), Liveness::kAlive, kAt);
  EXPECT_FALSE(news.any()) << "that was to be expected";
  news.seems(NodeId(2), Liveness::kSuspect, kAt);
  news.seems(NodeId(2), Liveness::kDead, kAt);
  news.seems(NodeId(2), Liveness::kDead, kAt);
  news.seems(NodeId(2), Liveness::kAlive, kAt);
  EXPECT_EQ(types(news), (Types{"member-suspected", "member-down", "member-up"}));
}

TEST(ClusterNews, CountsLostSlots) {
  ClusterNews news(NodeId(1));
  const SlotIndex slots(std::make_shared<View>(view(1, {member(1, 1), member(2, 1), member(3, 1)})));
  news.slots_lost(slots.without({{NodeId(1), {1, 1}}, {NodeId(2), {2, 1}}, {NodeId(3), {3, 1}}}), kAt);
  EXPECT_FALSE(news.any());
  news.slots_lost(slots.without({{NodeId(1), {1, 2}}}), kAt);
  auto told = news.take();
  ASSERT_EQ(told.size(), 1U) << "another process of node-1 holds nothing";
  EXPECT_TRUE(told[0].json.ends_with(R"("slots":4,"lost":4})")) << told[0].json;
  news.slots_lost(SlotSet(4), kAt);
  told = news.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].type, "slot-back");
}

TEST(ClusterNews, NamesReplicasThatDiffer) {
  ClusterNews news(NodeId(1));
  news.replicas_differ(Slot{7}, NodeId(2), {Epoch(3), Seq(9)}, kAt);
  const auto told = news.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].type, "replicas-differ");
  EXPECT_TRUE(told[0].json.ends_with(R"("node":"node-1","slot":7,"primary":"node-2","slot_epoch":3,"seq":9})"))
      << told[0].json;
}

}  // namespace
}  // namespace hc
