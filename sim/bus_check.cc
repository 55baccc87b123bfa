#include "sim/bus_check.h"

#include <utility>

#include "core/command/text.h"
#include "core/events/cluster_news.h"
#include "core/replication/replica.h"

namespace hc::sim {
namespace {

constexpr Duration kInTime = 850ms;  // a second, by a clock that is faster

std::string words(Ear ear, const std::string& by, const std::string& channel, const std::string& payload) {
  return "listener " + std::to_string(ear.listener) + " by " + by + " hears on " + channel + ": " + payload;
}

// "s1/2/3": speaker 1, its connection 2, number 3.
std::uint64_t number_of(const std::string& payload) { return std::stoull(payload.substr(payload.rfind('/') + 1)); }
std::string mouth_of(const std::string& payload) { return payload.substr(0, payload.rfind('/')); }

bool matches(const std::string& name, bool pattern, const std::string& channel) {
  return pattern ? command::glob_match(name, channel) : name == channel;
}

}  // namespace

void BusCheck::calm(bool is) {
  calm_ = is;
  for (auto& [ear, listening] : ears_) listening.owed.clear();
}

void BusCheck::listens(Ear ear, const std::string& name, bool pattern) { ears_[ear].names[name] = pattern; }
void BusCheck::gone(Ear ear) { ears_.erase(ear); }

// Whoever listens must hear it, once for each subscription. How many that are.
std::uint64_t BusCheck::owe(const Message& message) {
  std::uint64_t count = 0;
  if (!calm_) return 0;
  for (auto& [ear, listening] : ears_)
    for (const auto& [name, pattern] : listening.names)
      if (matches(name, pattern, message.first)) listening.owed.insert({name, message}), ++count;
  return count;
}

std::string BusCheck::says(Mouth mouth, const std::string& channel, Instant now) {
  const std::string payload = "s" + std::to_string(mouth.speaker) + "/" + std::to_string(mouth.connection) + "/" +
                              std::to_string(++numbers_[mouth]);
  said_[payload] = {channel, owe({channel, payload}), now};
  return payload;
}

std::optional<std::string> BusCheck::counted(const std::string& payload, std::int64_t clients, Instant now) {
  const Said& said = said_.at(payload);
  if (now - said.at >= kInTime || !calm_ || clients >= static_cast<std::int64_t>(said.least)) return std::nullopt;
  return "PUBLISH of " + payload + " on " + said.channel + " counts " + std::to_string(clients) + " clients, and " +
         std::to_string(said.least) + " listen";
}

std::optional<std::string> BusCheck::heard(Ear ear, const std::string& by, const std::string& channel,
                                           const std::string& payload) {
  ++heard_;
  Listening& listening = ears_[ear];
  if (const auto owed = listening.owed.find({by, {channel, payload}}); owed != listening.owed.end())
    listening.owed.erase(owed);
  if (channel.starts_with("__key")) {
    const Message message{channel, payload};
    const std::uint64_t times = ++listening.of_keys[{by, message}];
    const auto told = of_keys_.find(message);
    if (told != of_keys_.end() && times <= told->second) return std::nullopt;
    return words(ear, by, channel, payload) + ", more often than it was told";
  }
  if (channel == kClusterChannel) {
    if (std::exchange(listening.of_cluster[by], payload) != payload) return std::nullopt;
    return words(ear, by, channel, payload) + ", twice";
  }
  const auto said = said_.find(payload);
  if (said == said_.end() || said->second.channel != channel)
    return words(ear, by, channel, payload) + ", which nobody said there";
  std::uint64_t& last = listening.last[by + " " + mouth_of(payload) + " " + channel];
  const std::uint64_t number = number_of(payload);
  if (number <= last)
    return words(ear, by, channel, payload) + (number == last ? ", twice" : ", after " + std::to_string(last));
  last = number;
  return std::nullopt;
}

std::optional<std::string> BusCheck::told(const Machine& m) {
  for (const Telling& t : m.node().told()) {
    const auto what = [&] {
      return m.name() + " tells " + std::string(info_of(t.notice.what).name) + " of key " + t.notice.key + " in slot " +
             std::to_string(t.slot.value) + ", entry (" + std::to_string(t.at.slot_epoch.value) + "," +
             std::to_string(t.at.seq.value) + ")";
    };
    if (const SlotStatus slot = m.node().slot(t.slot, m.now()); t.at.seq > slot.commit)
      return what() + ", and committed is " + std::to_string(slot.commit.value);
    // Where nobody is told, a command that leaves everything as it was (a TTL that is the same) has no entry.
    const View& view = *m.node().view();
    const bool alone =
        view.config(t.slot).list.size() == 1 && view.learners(t.slot).empty() && !view.member(m.id())->info.keeps_log;
    if (!told_.insert({t.slot, t.at, t.notice.what, t.notice.key}).second && !alone) return what() + " twice";
    const std::string event(info_of(t.notice.what).name);
    for (const Message& message :
         {Message{"__keyspace@0__:" + t.notice.key, event}, Message{"__keyevent@0__:" + event, t.notice.key}}) {
      ++of_keys_[message];
      owe(message);
    }
  }
  return std::nullopt;
}

std::optional<std::string> BusCheck::owed() const {
  for (const auto& [ear, listening] : ears_)
    for (const auto& [by, message] : listening.owed)
      return "listener " + std::to_string(ear.listener) + " by " + by + " has not heard on " + message.first + ": " +
             message.second;
  return std::nullopt;
}

}  // namespace hc::sim
