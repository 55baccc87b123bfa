// Clients that listen and clients that speak: SUBSCRIBE and PSUBSCRIBE at some machine, PUBLISH and SET at another,
// over connections that break. What they hear is for BusCheck.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "io/resp_client.h"
#include "sim/bus_check.h"
#include "sim/network.h"
#include "sim/trace.h"

namespace hc::sim {

class Listeners {
 public:
  static constexpr std::uint32_t kSpeakers = 2;
  struct Around {
    Schedule& schedule;
    Network& network;
    Trace& trace;
    BusCheck& check;
    std::function<void(const std::string&)> complain;
  };
  // Their endpoints begin at `first`: the listeners, then the speakers.
  // `patience`: longer than any node takes for an answer.
  Listeners(Around around, Endpoint first, std::uint32_t listeners, std::uint32_t machines, Duration patience,
            Random random);

  std::uint32_t count() const { return static_cast<std::uint32_t>(all_.size()); }
  void start();
  // They stay at these machines, subscribe a few times more, and say what must be heard.
  // `after_faults`: not before all that was broken has been seen to be. `lost`: nobody serves this key any more.
  using Lost = std::function<bool(const std::string& key)>;
  void settle(std::vector<std::uint32_t> machines, bool after_faults, Lost lost);
  bool settled() const;  // everybody has done so

  // ---- what the world brings
  bool has(Endpoint e) const { return e >= first_ && e < first_ + count(); }
  void turn(std::uint32_t who, std::uint64_t number);
  void link_opened(Endpoint e, LinkId link);
  void link_closed(Endpoint e, LinkId link);
  void bytes(Endpoint e, LinkId link, const std::string& bytes);

 private:
  struct Person {
    std::uint32_t index = 0;  // among the listeners, or among the speakers
    bool speaks = false;
    std::uint32_t machine = 0;
    std::uint64_t links = 0, turns = 0;
    bool dialling = false, open = false;
    Instant since{};
    RespReplyParser parser{};
    std::string buffer{};
    std::deque<std::vector<std::string>> asked{};  // and not answered yet
    std::uint32_t rounds = 0;                      // of the end: subscribed, or spoken
  };
  Endpoint endpoint(const Person& p) const;
  std::uint32_t place(const Person& p) const;
  void wake(Person& p, Duration d);
  void connect(Person& p);
  void leave(Person& p);
  void act(Person& p);
  void listen(Person& p, const std::vector<std::string>& names, bool patterns);
  void speak(Person& p, const std::string& channel);
  void ask(Person& p, std::vector<std::string> words);
  void answered(Person& p, const Reply& reply);
  void confirmed(Person& p, const std::string& name, bool pattern);
  Ear ear(const Person& p) const { return {p.index, p.links}; }

  Around around_;
  Endpoint first_;
  Duration patience_;
  Random random_;
  std::uint32_t listeners_;
  std::vector<std::uint32_t> machines_;
  std::vector<Person> all_;
  bool settling_ = false;
  bool calm_ = false;  // settling, and nothing is broken any more
  Instant calm_at_{};
  Lost lost_;
};

}  // namespace hc::sim
