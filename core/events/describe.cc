// PUBSUB: what is listened to at all members, as far as this one was told.
#include "core/command/text.h"
#include "core/events/bus.h"

namespace hc {
namespace {

constexpr Bytes kHelp[] = {"PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                           "CHANNELS [<pattern>]",
                           "    The channels with listeners, of all members; those that match, if a pattern is given.",
                           "NUMPAT",
                           "    How many different patterns clients of all members listen to.",
                           "NUMSUB [<channel> ...]",
                           "    How many clients of all members listen to each of these channels.",
                           "SHARDCHANNELS [<pattern>]",
                           "    As CHANNELS, of sharded channels.",
                           "SHARDNUMSUB [<shardchannel> ...]",
                           "    As NUMSUB, of sharded channels.",
                           "HELP",
                           "    Print this help."};

}  // namespace

Reply Bus::listed(Space space, Bytes pattern) const {
  std::set<Bytes> names;
  const auto add = [&](const Wants& wants) {
    for (const auto& [name, clients] : wants.of(space))
      if (pattern == "*" || command::glob_match(pattern, name)) names.insert(name);
  };
  add(ours_);
  for (const auto& [id, other] : others_) add(other.wants);
  std::vector<Reply> items;
  for (const Bytes name : names) items.push_back(Reply::bulk(Text::borrow(name)));
  return Reply::array(std::move(items));
}

Reply Bus::counted(Space space, Args names) const {
  std::vector<Reply> items;
  for (const Bytes name : names) {
    std::uint64_t clients = counted_here(space, name);
    for (const auto& [id, other] : others_) {
      const auto at = other.wants.of(space).find(name);
      if (at != other.wants.of(space).end()) clients += at->second;
    }
    items.push_back(Reply::bulk(Text::borrow(name)));
    items.push_back(Reply::number(static_cast<std::int64_t>(clients)));
  }
  return Reply::array(std::move(items));
}

Reply Bus::describe(Args args) const {
  using command::same_word;
  const Bytes sub = args[1];
  const bool channels = same_word(sub, "channels"), shards = same_word(sub, "shardchannels");
  if (channels || shards) {
    if (args.size() > 3)
      return Reply::error("ERR unknown subcommand or wrong number of arguments for '" + std::string(sub) +
                          "'. Try PUBSUB HELP.");
    return listed(channels ? Space::kChannel : Space::kShard, args.size() == 3 ? args[2] : Bytes("*"));
  }
  if (same_word(sub, "numsub")) return counted(Space::kChannel, args.subspan(2));
  if (same_word(sub, "shardnumsub")) return counted(Space::kShard, args.subspan(2));
  if (same_word(sub, "numpat")) {
    if (args.size() != 2) return wrong_arity("pubsub|numpat");
    return Reply::number(static_cast<std::int64_t>(listed(Space::kPattern, "*").items.size()));
  }
  if (same_word(sub, "help")) return help_of(kHelp);
  return unknown_subcommand("PUBSUB", sub);
}

}  // namespace hc
