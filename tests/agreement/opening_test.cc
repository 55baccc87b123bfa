// Rule 2a by examples: who proposes without asking first, and when that is decided.
#include <gtest/gtest.h>

#include "core/agreement/consensus.h"
#include "core/base/seam.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};

// Three voters, of which the first may.
struct Opener {
  explicit Opener(std::uint32_t member = 1, std::uint64_t generation = 1)
      : config(config_of(info(member, generation))), post(config, kStart) {
    for (std::uint32_t m = 1; m <= 3; ++m)
      if (m != member) post.open(info(m));
    consensus.start(std::nullopt, kStart, out);
  }
  static NodeConfig config_of(const MemberInfo& self) {
    NodeConfig c;
    c.self = self;
    c.slots = 1;
    c.fresh_storage = self.storage;
    return c;
  }
  static ViewRef view_of(std::uint64_t epoch, MemberState of_the_first = MemberState::kActive) {
    auto view = std::make_shared<View>(first_view(3));
    view->epoch = Epoch(epoch);
    view->members[0].state = of_the_first;
    return view;
  }
  bool may_open(const ViewRef& view) {
    consensus.handle(process(2), ViewIs{view}, kStart, out);
    return consensus.may_open();
  }

  NodeConfig config;
  Post post;
  Consensus consensus{config, post.peers, Random(2)};
  Effects out;
};

TEST(Opening, BelongsToOneProcessInEachView) {
  const ViewRef view = Opener::view_of(1), without = Opener::view_of(1, MemberState::kAbsent);
  EXPECT_TRUE(Opener().may_open(view));
  EXPECT_FALSE(Opener(1, 2).may_open(view)) << "a later process";
  EXPECT_FALSE(Opener(2).may_open(view));
  EXPECT_FALSE(Opener(1).may_open(without));
  EXPECT_TRUE(Opener(2).may_open(without));
  EXPECT_FALSE(Opener(3).may_open(without));
}

TEST(Opening, HappensOnceInAView) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kOpensTwice));
    Opener first;
    ASSERT_TRUE(first.may_open(Opener::view_of(1)));
    first.consensus.open({Opener::view_of(2), {}}, kStart, first.out);
    const auto asked = first.post.take<Accept>(NodeId(3));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].ballot.round, 0U);
    first.consensus.handle(process(2), Rejected{Epoch(2), asked[0].ballot, {}, "of another release"}, kStart);
    EXPECT_FALSE(first.consensus.busy());
    EXPECT_EQ(first.consensus.may_open(), mutant) << "member 3 may have accepted it";
  }
  seam::active.reset();
}

TEST(Opening, IsLeftToWhoHasAskedAlready) {
  Opener first;
  ASSERT_TRUE(first.may_open(Opener::view_of(1)));
  const Ballot ballot{1, NodeId(2), process(2).generation};
  first.consensus.handle(process(2), Prepare{Epoch(2), ballot, {}}, kStart, first.out);
  EXPECT_FALSE(first.consensus.may_open());
}

TEST(Opening, AcceptancesCountWhenTheyComeLate) {
  Opener first;
  ASSERT_TRUE(first.may_open(Opener::view_of(1)));
  first.consensus.open({Opener::view_of(2), {}}, kStart, first.out);
  const Ballot ballot = first.post.take<Accept>(NodeId(2)).at(0).ballot;
  first.consensus.tick(kStart + 1s, first.out);
  EXPECT_EQ(first.post.take<Prepare>(NodeId(2)).size(), 1U);
  first.consensus.handle(process(2), AcceptedIs{Epoch(2), ballot, info(2).storage, 2}, kStart + 2s, first.out);
  EXPECT_EQ(first.consensus.epoch(), Epoch(2));
}

}  // namespace
}  // namespace hc::testing
