// Filters over the keys of slots: when a slot has one, and that it costs and says what is true.
#include "core/store/key_filter.h"
#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

NodeConfig filtering(std::uint32_t rate_ppm) {
  NodeConfig config;
  config.key_filter_ppm = rate_ppm;
  return config;
}

struct Filtered : Primary {
  explicit Filtered(std::uint32_t rate_ppm) : Primary(filtering(rate_ppm)) { install(1, list({process(1)})); }
  const SlotTable& table() const { return replication.replica(kSlot).table; }
  Reply run(const std::vector<Bytes>& args) {
    return replication.run(kSlot, *find_command(args[0]), args, 77, {}, now + config.deadline, at()).reply;
  }
  std::pair<std::int64_t, std::int64_t> check(Bytes key) {
    const Reply reply = run({"FILTER.CHECK", key});
    return {reply.items[0].integer, reply.items[1].integer};
  }
};

using Said = std::pair<std::int64_t, std::int64_t>;

TEST(Filters, BeginWithTheFirstKeyOfASlot) {
  Filtered node(1000);
  EXPECT_EQ(node.table().filter_ppm(), 0U);
  EXPECT_EQ(node.check("a"), Said(0, 0)) << "of a slot without a key";
  node.run({"SET", "a", "v"});
  ASSERT_NE(node.table().filter_ppm(), 0U);
  EXPECT_EQ(node.table().filter_figures().keys, 1U);
  EXPECT_EQ(node.replication.memory().counted, node.table().bytes());
  EXPECT_EQ(node.check("a"), Said(1, 1));
  EXPECT_EQ(node.check("b"), Said(0, 0));
  node.run({"FLUSHALL"});
  EXPECT_EQ(node.check("a"), Said(0, 0));
}

TEST(Filters, ComeAndGoWithTheOperatorsWish) {
  Filtered node(0);
  for (int i = 0; i < 100; ++i) node.run({"SET", std::to_string(i), "v"});
  EXPECT_EQ(node.table().filter_ppm(), 0U);
  EXPECT_EQ(node.check("7"), Said(-1, 1));
  const std::size_t before = node.replication.memory().counted;
  node.replication.filter_keys(1000);
  ASSERT_LE(node.replication.deadline(), node.now);
  node.replication.tick(node.at());
  ASSERT_NE(node.table().filter_ppm(), 0U) << "though nobody wrote";
  EXPECT_EQ(node.table().filter_figures().keys, 100U);
  EXPECT_EQ(node.replication.memory().counted, before + node.table().filter_figures().bytes);
  EXPECT_EQ(node.check("7"), Said(1, 1));
  node.replication.filter_keys(0);
  node.replication.tick(node.at());
  EXPECT_EQ(node.table().filter_ppm(), 0U);
  EXPECT_EQ(node.replication.memory().counted, before);
}

}  // namespace
}  // namespace hc::testing
