// How long reports count, and what is passed on of them.
#include "core/agreement/evidence.h"

#include <gtest/gtest.h>

#include <deque>

#include "core/base/seam.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

// The list of slot 0 is of epoch 1 in it.
const View kView = first_view(3);

Report complaint(Time said) {
  Report r = report(ReportKind::kComplaint, process(1), process(2), Epoch(1));
  r.said = said;
  return r;
}

// Two members that pass on all they have every 200 ms, each to the other, over links that take `delay`.
class SlowPair {
 public:
  explicit SlowPair(Duration delay) : delay_(delay) {}

  void say(const Report& r) { pools_[0].hear(r, kView, now_); }
  void run(Duration span) {
    for (const Time end = now_ + span; now_ < end; now_ += 50ms) {
      while (!on_the_way_.empty() && on_the_way_.front().due <= now_) {
        pools_[on_the_way_.front().to].hear(on_the_way_.front().report, kView, now_);
        on_the_way_.pop_front();
      }
      for (std::size_t from : {0U, 1U}) {
        pools_[from].forget(kView, now_);
        if ((now_.time_since_epoch() / 50ms) % 4 != 0) continue;
        for (const Report& r : pools_[from].reports(now_)) on_the_way_.push_back({now_ + delay_, 1 - from, r});
      }
    }
  }
  Time now() const { return now_; }
  bool forgotten() const { return pools_[0].empty() && pools_[1].empty(); }

 private:
  struct Letter {
    Time due;
    std::size_t to;
    Report report;
  };
  Duration delay_;
  Time now_{};
  EvidencePool pools_[2]{EvidencePool(1s), EvidencePool(1s)};
  std::deque<Letter> on_the_way_;
};

TEST(Evidence, AComplaintIsForgottenAfterItsLastRepetitionHoweverOftenItIsPassedOn) {
  SlowPair pair(0ms);
  for (int i = 0; i < 10; ++i) {
    pair.say(complaint(pair.now()));
    pair.run(300ms);
    EXPECT_FALSE(pair.forgotten());
  }
  pair.run(1s);
  EXPECT_TRUE(pair.forgotten());
}

TEST(Evidence, AComplaintIsForgottenHoweverSlowlyItIsPassedOn) {
  for (const Duration delay : {50ms, 200ms, 400ms, 900ms}) {
    SlowPair pair(delay);
    pair.say(complaint(pair.now()));
    pair.run(1s + 2 * delay + 250ms);
    EXPECT_TRUE(pair.forgotten()) << delay / 1ms;
    for (int i = 0; i < 20; ++i) {
      pair.run(500ms);
      EXPECT_TRUE(pair.forgotten()) << delay / 1ms << " ms, and comes back after " << i * 500;
    }
  }
}

TEST(Evidence, IfOnlyAgesWereComparedItWouldBeKeptForEver) {
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kReportRejuvenated));
  SlowPair pair(200ms);
  pair.say(complaint(pair.now()));
  pair.run(60s);
  seam::active.reset();
  EXPECT_FALSE(pair.forgotten());
}

TEST(Evidence, OfTwoRepetitionsTheLaterOneCountsInWhateverOrderTheyCome) {
  EvidencePool pool(1s);
  const Time now = Time{} + 10s;
  Report late = complaint(now), early = complaint(now - 500ms);
  early.age = 500ms;
  late.slots = SlotSet(1);
  late.slots.add(Slot{0});
  EXPECT_TRUE(pool.hear(late, kView, now));
  EXPECT_FALSE(pool.hear(early, kView, now));
  EXPECT_EQ(pool.reports(now).at(0).said, late.said);
  EXPECT_EQ(pool.reports(now).at(0).age, 0s);
}

TEST(Evidence, OneThatIsRepeatedAfterItWasForgottenIsNews) {
  EvidencePool pool(1s);
  Time now{};
  EXPECT_TRUE(pool.hear(complaint(now), kView, now));
  now += 1100ms;
  EXPECT_TRUE(pool.forget(kView, now));
  EXPECT_FALSE(pool.forget(kView, now)) << "already";
  EXPECT_TRUE(pool.hear(complaint(now), kView, now));
}

TEST(Evidence, WhatNoLaterViewCanUseIsNotKept) {
  View later = kView;
  later.epoch = Epoch(5);
  later.slots[0].epoch = Epoch(5);
  EvidencePool pool(1s);
  const Time now{};
  EXPECT_FALSE(pool.hear(complaint(now), later, now));
  EXPECT_TRUE(pool.hear(complaint(now), kView, now));
  EXPECT_TRUE(pool.forget(later, now));
  EXPECT_TRUE(pool.empty());
  // Its author may know a view that we do not.
  EXPECT_TRUE(pool.hear(report(ReportKind::kComplaint, process(1), process(2), Epoch(6)), later, now));
  EXPECT_FALSE(pool.hear(report(ReportKind::kDead, process(1), process(2, 7), Epoch(5)), later, now))
      << "another process of that member";
}

TEST(Evidence, CountsOfLearnersStay) {
  EvidencePool pool(1s);
  EXPECT_TRUE(pool.hear(report(ReportKind::kCaughtUp, process(1), process(3), Epoch(1)), kView, Time{}));
  EXPECT_FALSE(pool.forget(kView, Time{} + 1h));
  EXPECT_FALSE(pool.empty());
}

}  // namespace
}  // namespace hc::testing
