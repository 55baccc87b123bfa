// What happens when: one queue by true time; of two things at one instant the one scheduled first comes first.
//
// An entry is a small value that says whom it concerns; what it carries (bytes, a fault) waits where it belongs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "sim/instant.h"

namespace hc::sim {

enum class Kind : std::uint8_t {
  kDatagram,   // what = parcel
  kStream,     // who = connection, what = direction: its next bytes are due
  kHandshake,  // who = connection: the dial reaches the other side, or its answer comes back, or it is given up
  kWake,       // who = machine, what = process
  kTurn,       // who = machine, what = process: works off what came in
  kSynced,     // who = machine, what = write
  kStart,      // who = machine: the process starts
  kClient,     // who = client, what = its turn
  kFault,      // who = index in the plan
  kFaultEnds,  // who = index in the plan
  kSample,     // the checkers look around
  kPhase,      // load ends, healing begins, …
  kLogged,     // who = machine, what = process: a write or sync of its log is due
  kListener,   // who = listener or speaker, what = its turn
};

struct Happening {
  Instant at;
  std::uint64_t order = 0;
  Kind kind{};
  std::uint32_t who = 0;
  std::uint64_t what = 0;
};

class Schedule {
 public:
  Instant now() const { return now_; }

  void at(Instant when, Kind kind, std::uint32_t who, std::uint64_t what = 0) {
    const Happening h{std::max(when, now_), ++order_, kind, who, what};
    std::size_t place = heap_.size();
    heap_.push_back(h);
    for (; place > 0 && sooner(h, heap_[(place - 1) / kBranches]); place = (place - 1) / kBranches)
      heap_[place] = heap_[(place - 1) / kBranches];
    heap_[place] = h;
  }
  void after(Duration delay, Kind kind, std::uint32_t who, std::uint64_t what = 0) {
    at(now_ + delay, kind, who, what);
  }

  bool empty() const { return heap_.empty(); }
  Instant next() const { return heap_.empty() ? kForever : heap_.front().at; }
  // Requires: not empty. Time moves on to it.
  Happening pop() {
    const Happening h = heap_.front(), last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    HC_CHECK(h.at >= now_, "time goes backwards");
    now_ = h.at;
    return h;
  }
  std::size_t size() const { return heap_.size(); }

 private:
  static constexpr std::size_t kBranches = 4;  // of the heap: fewer levels, whose entries lie together
  static bool sooner(const Happening& a, const Happening& b) { return a.at != b.at ? a.at < b.at : a.order < b.order; }
  // `h` takes the place of the first entry, which is gone.
  void sink(const Happening& h) {
    std::size_t place = 0;
    for (std::size_t first = 1; first < heap_.size(); first = place * kBranches + 1) {
      std::size_t best = first;
      const std::size_t end = std::min(first + kBranches, heap_.size());
      for (std::size_t i = first + 1; i < end; ++i)
        if (sooner(heap_[i], heap_[best])) best = i;
      if (!sooner(heap_[best], h)) break;
      heap_[place] = heap_[best];
      place = best;
    }
    heap_[place] = h;
  }
  std::vector<Happening> heap_;
  Instant now_{};
  std::uint64_t order_ = 0;
};

}  // namespace hc::sim
