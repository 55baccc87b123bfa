#include "core/events/bus.h"

#include <algorithm>

#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kPatience = 1s;  // for the answer of another member
constexpr Bytes kKeyspace = "__keyspace@0__:", kKeyevent = "__keyevent@0__:";

Reply shared(const Value& value) { return Reply::bulk(Text::share(value)); }

template <class... Items>
Reply push_of(Bytes kind, Items... items) {
  Reply message = Reply::of_items(Reply::Kind::kPush, {});
  message.items.reserve(sizeof...(items) + 1);
  message.items.push_back(Reply::bulk(Text::borrow(kind)));
  (message.items.push_back(std::move(items)), ...);
  return message;
}

}  // namespace

Bus::Bus(const NodeConfig& config, Peers& peers) : config_(config), peers_(peers) { ours_.notices = config.notices; }

// ------------------------------------------------------------------------------------------------------- publishing

// To the clients here; how many copies.
std::uint64_t Bus::deliver(bool shard, Bytes channel, Bytes payload, Effects& out) {
  const auto* clients = listeners_.to(shard ? Space::kShard : Space::kChannel, channel);
  const auto matches = shard ? std::vector<Listeners::Match>{} : listeners_.matches(channel);
  if (!clients && matches.empty()) return 0;
  const Value name = Value::copy_of(channel), text = Value::copy_of(payload);
  std::uint64_t copies = 0;
  if (clients) {
    copies += clients->size();
    out.push(*clients, push_of(shard ? "smessage" : "message", shared(name), shared(text)));
  }
  for (const Listeners::Match& match : matches) {
    copies += match.clients.size();
    out.push(match.clients, push_of("pmessage", Reply::bulk_copy(match.pattern), shared(name), shared(text)));
  }
  counters_.delivered += copies;
  return copies;
}

bool Bus::send(Other& other, Publish m) {
  if (HC_MUTANT(kPublishedTwiceOnReconnect)) other.last = m;
  return peers_.send(other.who, std::move(m));
}

void Bus::publish(ClientId client, RequestId request, bool shard, Args args, Now now, Effects& out) {
  ++counters_.published;
  const std::uint64_t number = next_number_++;
  Asking asking{client, request, deliver(shard, args[1], args[2], out), {}, now.mono + kPatience};
  for (auto& [id, other] : others_)
    if (other.wants.hears(shard, args[1]) && send(other, {number, shard, std::string(args[1]), std::string(args[2])}))
      asking.waits_for.insert(id);
  const bool waits = !asking.waits_for.empty();
  asking_.emplace(number, std::move(asking));
  if (!waits) answer(number, out);
}

void Bus::answer(std::uint64_t number, Effects& out) {
  const auto done = asking_.extract(number);
  const Asking& asking = done.mapped();
  if (asking.client)
    out.answer(asking.client, asking.request, Reply::number(static_cast<std::int64_t>(asking.clients)));
}

void Bus::handle(Incarnation from, const Publish& m, Effects& out) {
  const std::uint64_t clients = deliver(m.shard, m.channel, m.payload, out);
  if (HC_MUTANT(kPublishForwardedAgain) && m.number != 0)
    for (auto& [id, other] : others_)
      if (id != from.member && other.wants.hears(m.shard, m.channel)) send(other, {0, m.shard, m.channel, m.payload});
  if (m.number != 0) peers_.send(from, Published{m.number, clients});
}

void Bus::handle(Incarnation from, const Published& m, Effects& out) {
  const auto at = asking_.find(m.number);
  if (at == asking_.end() || at->second.waits_for.erase(from.member) == 0) return;
  at->second.clients += m.clients;
  if (at->second.waits_for.empty()) answer(m.number, out);
}

// Each of the two channels of a key goes where somebody may hear it.
void Bus::tell(const Noticed& notice, Effects& out) {
  const NoticeInfo& info = info_of(notice.what);
  const auto say = [&](char letter, std::string channel, Bytes payload) {
    const std::uint32_t both = notice_flag(letter);
    const auto allows = [&](std::uint32_t notices) { return (notices & both) != 0 && (notices & info.of_class) != 0; };
    if (allows(ours_.notices)) deliver(false, channel, payload, out);
    for (auto& [id, other] : others_)
      if (allows(other.wants.notices) && other.wants.hears(false, channel))
        send(other, {0, false, channel, std::string(payload)});
  };
  say('K', std::string(kKeyspace) + notice.key, info.name);
  say('E', std::string(kKeyevent).append(info.name), notice.key);
}

// ------------------------------------------------------------------------------------------------------ subscribing

void Bus::ask(ClientId client, RequestId request, const CommandSpec& spec, Args args, Now now, Effects& out) {
  if (auto refusal = refuse(&spec, args)) return out.answer(client, request, std::move(*refusal));
  const Bytes name = spec.name;
  if (name == "publish" || name == "spublish") return publish(client, request, name == "spublish", args, now, out);
  if (name == "pubsub") return out.answer(client, request, describe(args));
  const Space space = name.starts_with('p')                               ? Space::kPattern
                      : name.starts_with("ss") || name.starts_with("sun") ? Space::kShard
                                                                          : Space::kChannel;
  if (name.ends_with("unsubscribe")) return unsubscribe(client, request, space, args.subspan(1), out);
  subscribe(client, request, space, args.subspan(1), now, out);
}

void Bus::changed(Space space, const std::string& name) {
  const auto* clients = listeners_.to(space, name);
  ours_.set(space, name, clients ? clients->size() : 0);
  changed_.insert({space, name});
  if (!clients)
    since_.erase({space, name});
  else
    since_.try_emplace({space, name}, told_ + 1);
  note_heard();
}

void Bus::subscribe(ClientId client, RequestId request, Space space, Args names, Now now, Effects& out) {
  static constexpr Bytes kSaid[] = {"subscribe", "psubscribe", "ssubscribe"};
  std::vector<Reply> said;
  std::uint64_t number = 0;
  for (const Bytes each : names) {
    const std::string name(each);
    if (listeners_.add(client, space, name)) changed(space, name);
    number = std::max(number, since_.at({space, name}));
    said.push_back(push_of(kSaid[static_cast<std::size_t>(space)], Reply::bulk_copy(each),
                           Reply::number(static_cast<std::int64_t>(count_of(client, space)))));
  }
  Reply reply = Reply::of_items(Reply::Kind::kSeries, std::move(said));
  if (all_know(number) || HC_MUTANT(kSubscribedBeforeKnown)) return out.answer(client, request, std::move(reply));
  confirming_.push_back({client, request, number, std::move(reply), now.mono + kPatience});
}

void Bus::unsubscribe(ClientId client, RequestId request, Space space, Args names, Effects& out) {
  static constexpr Bytes kSaid[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};
  std::vector<std::string> gone(names.begin(), names.end());
  if (names.empty()) gone = listeners_.names(client, space);
  std::vector<Reply> said;
  const auto say = [&](Reply name) {
    said.push_back(push_of(kSaid[static_cast<std::size_t>(space)], std::move(name),
                           Reply::number(static_cast<std::int64_t>(count_of(client, space)))));
  };
  for (const std::string& name : gone) {
    if (listeners_.remove(client, space, name)) changed(space, name);
    say(Reply::bulk_copy(name));
  }
  if (said.empty()) say(Reply::nil());
  out.answer(client, request, Reply::of_items(Reply::Kind::kSeries, std::move(said)));
}

// As Redis counts: channels and patterns together.
std::size_t Bus::count_of(ClientId client, Space space) const {
  if (space == Space::kShard) return listeners_.count(client, Space::kShard);
  return listeners_.count(client, Space::kChannel) + listeners_.count(client, Space::kPattern);
}

void Bus::silence(ClientId client) {
  for (const Space space : {Space::kChannel, Space::kPattern, Space::kShard})
    for (const std::string& name : listeners_.names(client, space))
      if (listeners_.remove(client, space, name)) changed(space, name);
}

void Bus::client_gone(ClientId client) {
  silence(client);
  for (auto& [number, asking] : asking_)
    if (asking.client == client) asking.client = {};
  std::erase_if(confirming_, [&](const Confirming& c) { return c.client == client; });
}

void Bus::set_notices(std::uint32_t notices) {
  notices_changed_ |= ours_.notices != notices;
  ours_.notices = notices;
  note_heard();
}

// --------------------------------------------------------------------------------------- what members tell each other

void Bus::note_heard() {
  notices_heard_ = ours_.notices_heard();
  for (const auto& [id, other] : others_) notices_heard_ |= other.wants.notices_heard();
}

Interest Bus::whole() const {
  Interest m{told_, true, ours_.notices, {}};
  for (const Space space : {Space::kChannel, Space::kPattern, Space::kShard})
    for (const auto& [name, clients] : ours_.of(space)) m.changes.push_back({space, name, clients});
  return m;
}

void Bus::session_opened(NodeId peer) {
  Other& other = others_[peer];
  other.known = 0;
  if (HC_MUTANT(kPublishedTwiceOnReconnect) && other.last.number != 0) peers_.send(peer, other.last);
  if ((ours_.nothing() && !other.told) || (HC_MUTANT(kInterestNotRenewed) && other.told)) return;
  other.told = true;
  if (!changed_.empty()) ++told_;  // it hears of these now, the others at the turn's end
  peers_.send(peer, whole());
}

void Bus::flush() {
  if (!ours_.nothing() && HC_BUGGIFY(kInterestAgain))
    for (const auto& [id, other] : others_)
      if (other.told) peers_.send(id, whole());
  if (HC_BUGGIFY(kInterestLate)) return;
  if (changed_.empty() && !notices_changed_) return;
  if (notices_changed_ && changed_.empty() && ours_.nothing()) return void(notices_changed_ = false);
  Interest m{++told_, false, ours_.notices, {}};
  for (const auto& [space, name] : std::exchange(changed_, {}))
    m.changes.push_back({space, name, counted_here(space, name)});
  notices_changed_ = false;
  for (auto& [id, other] : others_)
    if (peers_.open(id)) other.told = peers_.send(id, m) || other.told;
}

void Bus::handle(Incarnation from, const Interest& m) {
  Other& other = others_[from.member];
  if (m.whole || other.who != from) other.wants = {};
  other.who = from;
  other.wants.notices = m.notices;
  for (const Interest::One& one : m.changes) other.wants.set(one.space, one.name, one.clients);
  note_heard();
  peers_.send(from, InterestKnown{m.number});
}

void Bus::handle(Incarnation from, const InterestKnown& m, Effects& out) {
  const auto at = others_.find(from.member);
  if (at == others_.end()) return;
  at->second.known = std::max(at->second.known, m.number);
  confirm(out);
}

bool Bus::all_know(std::uint64_t number) const {
  return std::ranges::all_of(
      others_, [&](const auto& other) { return !peers_.open(other.first) || other.second.known >= number; });
}

void Bus::confirm(Effects& out) {
  std::erase_if(confirming_, [&](Confirming& c) {
    if (!all_know(c.number)) return false;
    out.answer(c.client, c.request, std::move(c.reply));
    return true;
  });
}

void Bus::session_lost(NodeId peer, Effects& out) {
  std::vector<std::uint64_t> done;
  for (auto& [number, asking] : asking_)
    if (asking.waits_for.erase(peer) != 0 && asking.waits_for.empty()) done.push_back(number);
  for (const std::uint64_t number : done) answer(number, out);
  confirm(out);
}

void Bus::forget(Incarnation who) {
  const auto at = others_.find(who.member);
  if (at == others_.end() || at->second.who != who) return;  // a later process may have said what its clients want
  at->second.wants = {};
  note_heard();
}

// ----------------------------------------------------------------------------------------------------------- time

// Both wait for the same time, so the oldest is the first.
void Bus::tick(Now now, Effects& out) {
  while (!asking_.empty() && now.mono >= asking_.begin()->second.until) answer(asking_.begin()->first, out);
  for (Confirming& c : confirming_)
    if (now.mono >= c.until) c.number = 0;
  confirm(out);
}

std::optional<Time> Bus::deadline() const {
  Time next = kNever;
  if (!asking_.empty()) next = asking_.begin()->second.until;
  for (const Confirming& c : confirming_) next = std::min(next, c.until);
  return next == kNever ? std::nullopt : std::optional(next);
}

// ------------------------------------------------------------------------------------------------------- watching

std::uint64_t Bus::counted_here(Space space, Bytes name) const {
  const auto* clients = listeners_.to(space, name);
  return clients ? clients->size() : 0;
}

Bus::Subscriptions Bus::of(ClientId client) const {
  return {listeners_.count(client, Space::kChannel), listeners_.count(client, Space::kPattern),
          listeners_.count(client, Space::kShard)};
}

Bus::Subscriptions Bus::here() const {
  return {ours_.of(Space::kChannel).size(), ours_.of(Space::kPattern).size(), ours_.of(Space::kShard).size()};
}

}  // namespace hc
