// Who is told of what is published, as one member decides it (rule 11); its fellows are the test.
#include "core/events/bus.h"

#include <gtest/gtest.h>

#include "core/narrate.h"
#include "tests/peer/post.h"

namespace hc {
namespace {

NodeConfig config_of(std::uint32_t id) {
  NodeConfig config;
  config.self.id = NodeId(id);
  config.self.host = "127.0.0.1";
  config.self.gossip_port = 7945;
  config.self.generation = {id, id};
  return config;
}

struct Member {
  NodeConfig config = config_of(1);
  Now now{Time{1s}, WallTime{}};
  testing::Post post{config, now.mono};
  Bus bus{config, post.peers};
  Effects out;
  std::uint64_t requests = 0;

  void meet(std::uint32_t other) {
    post.open(config_of(other).self);
    bus.session_opened(NodeId(other));
  }
  static Incarnation process(std::uint32_t other) { return {NodeId(other), {other, other}}; }
  // What came of it, in words.
  std::vector<std::string> ask(std::uint64_t client, std::vector<Bytes> args) {
    bus.ask(ClientId(client), RequestId(++requests), *find_command(args[0]), args, now, out);
    return take();
  }
  std::vector<std::string> take() {
    std::vector<std::string> told;
    for (const Effect& effect : out.list()) {
      if (const auto* answer = std::get_if<Answer>(&effect))
        told.push_back(std::to_string(answer->client.value) + " is answered " + narrate(answer->reply));
      if (const auto* push = std::get_if<Push>(&effect))
        for (const ClientId client : push->to)
          told.push_back(std::to_string(client.value) + " hears " + narrate(push->message));
    }
    out.clear();
    return told;
  }
  void hears_interest(std::uint32_t from, std::vector<Interest::One> changes, bool whole = true,
                      std::uint32_t notices = 0) {
    bus.handle(process(from), Interest{1, whole, notices, std::move(changes)});
  }
};

using Words = std::vector<std::string>;

TEST(Bus, TellsItsOwnClientsByNameAndByPattern) {
  Member m;
  EXPECT_EQ(m.ask(1, {"SUBSCRIBE", "news", "sports"}),
            (Words{"1 is answered [[\"subscribe\", \"news\", 1], [\"subscribe\", \"sports\", 2]]"}));
  EXPECT_EQ(m.ask(2, {"PSUBSCRIBE", "n*"}), (Words{"2 is answered [[\"psubscribe\", \"n*\", 1]]"}));
  EXPECT_EQ(m.ask(3, {"PUBLISH", "news", "hi"}),
            (Words{"1 hears [\"message\", \"news\", \"hi\"]", "2 hears [\"pmessage\", \"n*\", \"news\", \"hi\"]",
                   "3 is answered 2"}));
  EXPECT_EQ(m.ask(3, {"SPUBLISH", "news", "hi"}), (Words{"3 is answered 0"})) << "sharded channels are others";
  EXPECT_EQ(m.ask(1, {"UNSUBSCRIBE"}),
            (Words{"1 is answered [[\"unsubscribe\", \"news\", 1], [\"unsubscribe\", \"sports\", 0]]"}));
  EXPECT_EQ(m.ask(1, {"UNSUBSCRIBE"}), (Words{"1 is answered [[\"unsubscribe\", nil, 0]]"}));
  m.bus.client_gone(ClientId(2));
  EXPECT_EQ(m.ask(3, {"PUBLISH", "news", "hi"}), (Words{"3 is answered 0"}));
}

TEST(Bus, SendsToTheMembersWhereSomebodyListensAndAddsTheirCounts) {
  Member m;
  m.meet(2);
  m.meet(3);
  m.hears_interest(2, {{Space::kPattern, "n?ws", 1}});
  m.hears_interest(3, {{Space::kChannel, "sports", 5}});
  m.post.take<Publish>(NodeId(2));
  EXPECT_EQ(m.ask(1, {"PUBLISH", "news", "hi"}), Words{});
  const auto sent = m.post.take<Publish>(NodeId(2));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].payload, "hi");
  EXPECT_TRUE(m.post.take<Publish>(NodeId(3)).empty());
  m.bus.handle(Member::process(2), Published{sent[0].number, 4}, m.out);
  EXPECT_EQ(m.take(), (Words{"1 is answered 4"}));
}

TEST(Bus, DoesNotWaitForASilentMemberForLong) {
  Member m;
  m.meet(2);
  m.hears_interest(2, {{Space::kChannel, "news", 1}});
  m.ask(1, {"PUBLISH", "news", "hi"});
  ASSERT_TRUE(m.bus.deadline());
  m.now.mono = *m.bus.deadline();
  m.bus.tick(m.now, m.out);
  EXPECT_EQ(m.take(), (Words{"1 is answered 0"}));
  m.ask(1, {"PUBLISH", "news", "hi"});
  m.bus.session_lost(NodeId(2), m.out);
  EXPECT_EQ(m.take(), (Words{"1 is answered 0"}));
}

TEST(Bus, ConfirmsASubscriptionWhenTheOthersKnow) {
  Member m;
  m.meet(2);
  m.meet(3);
  EXPECT_EQ(m.ask(1, {"SUBSCRIBE", "news"}), Words{});
  m.bus.flush();
  const auto told = m.post.take<Interest>(NodeId(2));
  ASSERT_EQ(told.size(), 1U);
  ASSERT_EQ(told[0].changes.size(), 1U);
  EXPECT_EQ(told[0].changes[0].name, "news");
  EXPECT_EQ(told[0].changes[0].clients, 1U);
  m.bus.handle(Member::process(2), InterestKnown{told[0].number}, m.out);
  EXPECT_EQ(m.take(), Words{});
  m.bus.handle(Member::process(3), InterestKnown{told[0].number}, m.out);
  EXPECT_EQ(m.take(), (Words{"1 is answered [[\"subscribe\", \"news\", 1]]"}));
  EXPECT_EQ(m.ask(2, {"SUBSCRIBE", "news"}), (Words{"2 is answered [[\"subscribe\", \"news\", 1]]"}))
      << "they know already that somebody listens";
}

TEST(Bus, SaysAllOfItInANewSession) {
  Member m;
  m.ask(1, {"SUBSCRIBE", "news"});
  m.ask(2, {"PSUBSCRIBE", "s*"});
  m.bus.flush();
  m.meet(2);
  auto told = m.post.take<Interest>(NodeId(2));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].whole);
  EXPECT_EQ(told[0].changes.size(), 2U);
  m.bus.client_gone(ClientId(1));
  m.bus.client_gone(ClientId(2));
  m.meet(2);
  told = m.post.take<Interest>(NodeId(2));
  ASSERT_EQ(told.size(), 1U) << "that it is nothing any more";
  EXPECT_TRUE(told[0].whole && told[0].changes.empty());
}

TEST(Bus, GivesWhatOthersPublishToItsOwnClientsOnly) {
  Member m;
  m.meet(2);
  m.meet(3);
  m.hears_interest(3, {{Space::kChannel, "news", 1}});
  m.ask(1, {"SUBSCRIBE", "news"});
  m.take();
  m.bus.handle(Member::process(2), Publish{7, false, "news", "hi"}, m.out);
  EXPECT_EQ(m.take(), (Words{"1 hears [\"message\", \"news\", \"hi\"]"}));
  EXPECT_EQ(m.post.take<Published>(NodeId(2)).at(0).clients, 1U);
  EXPECT_TRUE(m.post.take<Publish>(NodeId(3)).empty());
}

TEST(Bus, DescribesWhatIsListenedToAtAllMembers) {
  Member m;
  m.meet(2);
  m.ask(1, {"SUBSCRIBE", "news"});
  m.take();
  m.hears_interest(2, {{Space::kChannel, "news", 2}, {Space::kChannel, "sports", 1}, {Space::kPattern, "x*", 9}});
  EXPECT_EQ(m.ask(9, {"PUBSUB", "CHANNELS"}), (Words{"9 is answered [\"news\", \"sports\"]"}));
  EXPECT_EQ(m.ask(9, {"PUBSUB", "CHANNELS", "s*"}), (Words{"9 is answered [\"sports\"]"}));
  EXPECT_EQ(m.ask(9, {"PUBSUB", "NUMSUB", "news", "none"}), (Words{"9 is answered [\"news\", 3, \"none\", 0]"}));
  EXPECT_EQ(m.ask(9, {"PUBSUB", "NUMPAT"}), (Words{"9 is answered 1"}));
  EXPECT_EQ(m.ask(9, {"PUBSUB", "Channels", "a", "b"}),
            (Words{"9 is answered -ERR unknown subcommand or wrong number of arguments for 'Channels'. Try "
                   "PUBSUB HELP."}));
  m.bus.forget({NodeId(2), {7, 7}});
  EXPECT_EQ(m.ask(9, {"PUBSUB", "NUMSUB", "news"}), (Words{"9 is answered [\"news\", 3]"})) << "another process";
  m.bus.forget(Member::process(2));
  EXPECT_EQ(m.ask(9, {"PUBSUB", "NUMSUB", "news"}), (Words{"9 is answered [\"news\", 1]"}));
}

TEST(Bus, TellsOfKeysWhatTheListenersMemberAllows) {
  Member m;
  m.meet(2);
  EXPECT_EQ(m.bus.notices_heard(), 0U);
  m.hears_interest(2, {{Space::kPattern, "__key*", 1}}, true, *parse_notices("E$"));
  EXPECT_EQ(m.bus.notices_heard(), *parse_notices("E$"));
  m.post.take<Publish>(NodeId(2));
  m.bus.tell({Notice::kSet, "k"}, m.out);
  m.bus.tell({Notice::kDel, "k"}, m.out);
  const auto sent = m.post.take<Publish>(NodeId(2));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].channel, "__keyevent@0__:set");
  EXPECT_EQ(sent[0].payload, "k");
  m.hears_interest(2, {{Space::kPattern, "__key*", 0}}, false, *parse_notices("KEA"));
  EXPECT_EQ(m.bus.notices_heard(), 0U);
}

TEST(Notices, AreReadAndWrittenAsRedisDoes) {
  EXPECT_EQ(letters_of(*parse_notices("KEA")), "AKE");
  EXPECT_EQ(letters_of(*parse_notices("g$lshzxetdKE")), "AKE");
  EXPECT_EQ(letters_of(*parse_notices("Kn$g")), "g$nK");
  EXPECT_EQ(letters_of(*parse_notices("AnmE")), "AnEm");
  EXPECT_EQ(letters_of(*parse_notices("")), "");
  EXPECT_FALSE(parse_notices("KEq"));
}

}  // namespace
}  // namespace hc
