// The judge of histories against brute force, on a million small ones: every order that real time allows, every choice
// of which operations of unknown outcome took effect. The model here is another one, of a few lines, and brute force
// takes all keys at once. Many of the histories are spoilt after they were made.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "sim/check/linearizability.h"

namespace hc::sim {
namespace {

using Kind = Operation::Kind;
using Is = Observed::Kind;
using Outcome = Operation::Outcome;

constexpr int kHistories = 1'000'000;
constexpr std::size_t kKeysMost = 3, kOperationsMost = 7;

// What may be written, and which operations there are.
enum class Flavour : std::uint8_t { kUnique, kRegister, kTexts, kTextsWithLengths, kAll };
constexpr std::size_t kFlavours = 5;

struct OfKey {
  std::size_t key;
  Operation operation;
};
using Small = std::vector<OfKey>;

// Nothing, or a text.
struct Cell {
  bool there = false;
  std::string text;
};
using Cells = std::array<Cell, kKeysMost>;

Observed nil() { return {Is::kNil, {}, 0}; }
Observed number(std::size_t n) { return {Is::kNumber, {}, static_cast<std::int64_t>(n)}; }

// Runs `o`; what it replies.
Observed run(Cell& cell, const Operation& o) {
  const Cell before = cell;
  switch (o.kind) {
    case Kind::kGet:
      return cell.there ? Observed{Is::kText, cell.text, 0} : nil();
    case Kind::kSet:
      cell = {true, o.value};
      return {Is::kOk, {}, 0};
    case Kind::kAppend:
      cell = {true, before.text + o.value};
      return number(cell.text.size());
    case Kind::kCompareAndSet:
      if (!cell.there || cell.text != o.expected) return nil();
      cell.text = o.value;
      return {Is::kOk, {}, 0};
    case Kind::kDelete:
      cell = {};
      return number(before.there ? 1 : 0);
    case Kind::kExists:
      return number(before.there ? 1 : 0);
    default:
      ADD_FAILURE() << "not generated";
      return {};
  }
}

// ---- brute force

class BruteForce {
 public:
  BruteForce(const Small& history, Instant until) : history_(history), until_(until), done_(history.size()) {}
  bool possible(const Cells& cells) {
    Instant first_return = kForever;
    for (std::size_t i = 0; i < history_.size(); ++i)
      if (!done_[i] && required(i)) first_return = std::min(first_return, history_[i].operation.returned);
    if (first_return == kForever) return true;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const auto& [key, o] = history_[i];
      if (done_[i] || o.outcome == Outcome::kNotApplied || o.called > first_return) continue;
      Cells next = cells;
      const Observed reply = run(next[key], o);
      if (o.observed.kind != Is::kNothing && reply != o.observed) continue;
      done_[i] = true;
      const bool found = possible(next);
      done_[i] = false;
      if (found) return true;
    }
    return false;
  }

 private:
  // What has not returned by then need not have run; if it did, it got the reply that it will get.
  bool required(std::size_t i) const {
    const Operation& o = history_[i].operation;
    return o.definite() && o.returned <= until_;
  }
  const Small& history_;
  const Instant until_;
  std::vector<bool> done_;
};

// ---- histories

class Maker {
 public:
  explicit Maker(Random& random) : random_(random), flavour_(static_cast<Flavour>(random.below(kFlavours))) {}

  Small make(bool empty_texts) {
    const std::size_t clients = 2 + random_.below(3), count = 3 + random_.below(kOperationsMost - 2);
    keys_ = random_.percent(70) ? 1 : 2 + random_.below(2);
    Cells cells;
    for (Cell& c : cells) c.there = empty_texts;
    std::vector<int> open(clients, -1);
    std::vector<bool> ran(count);
    int time = 0;
    Small h;
    // Each turn one client calls, or what it called takes effect and in another turn returns.
    for (int turns = 0; turns < 200 && (h.size() < count || unfinished(open)); ++turns) {
      const std::size_t c = random_.below(clients);
      if (open[c] < 0) {
        if (h.size() == count) continue;
        open[c] = static_cast<int>(h.size());
        h.push_back({random_.below(keys_), draw(static_cast<std::uint32_t>(c))});
        h.back().operation.called = instant(++time);
        continue;
      }
      const auto i = static_cast<std::size_t>(open[c]);
      Operation& o = h[i].operation;
      if (!ran[i]) {
        o.observed = run(cells[h[i].key], o);
        ran[i] = true;
        continue;
      }
      finish(o, ++time);
      open[c] = -1;
    }
    for (const int i : open)
      if (i >= 0) h[static_cast<std::size_t>(i)].operation.observed = {};  // never returned
    if (random_.percent(85)) spoil(h);
    return h;
  }

 private:
  static bool unfinished(const std::vector<int>& open) {
    return std::any_of(open.begin(), open.end(), [](int i) { return i >= 0; });
  }

  Operation draw(std::uint32_t client) {
    static constexpr std::array kUnique = {Kind::kGet, Kind::kSet};
    static constexpr std::array kRegister = {Kind::kGet, Kind::kSet, Kind::kCompareAndSet};
    static constexpr std::array kTexts = {Kind::kGet, Kind::kGet, Kind::kSet, Kind::kAppend, Kind::kAppend};
    static constexpr std::array kAll = {Kind::kGet,           Kind::kSet,    Kind::kAppend,
                                        Kind::kCompareAndSet, Kind::kDelete, Kind::kExists};
    const auto pick = [&](const auto& from) { return from[random_.below(from.size())]; };
    Operation o;
    o.client = client;
    o.kind = flavour_ == Flavour::kUnique     ? pick(kUnique)
             : flavour_ == Flavour::kRegister ? pick(kRegister)
             : flavour_ == Flavour::kAll      ? pick(kAll)
                                              : pick(kTexts);
    if (o.kind == Kind::kSet || o.kind == Kind::kAppend || o.kind == Kind::kCompareAndSet) o.value = value();
    if (o.kind == Kind::kCompareAndSet) o.expected = value();
    return o;
  }

  // Unique ones, few ones, and texts that can be taken apart in several ways.
  std::string value() {
    static constexpr std::array<const char*, 4> kAmbiguous = {"a", "b", "ab", "ba"};
    if (flavour_ == Flavour::kUnique || ((flavour_ == Flavour::kTexts) && random_.percent(75)))
      return std::to_string(++written_) + ";";
    if (flavour_ == Flavour::kTexts && random_.percent(70)) return std::to_string(random_.below(3)) + ";";
    if (flavour_ == Flavour::kTexts || flavour_ == Flavour::kTextsWithLengths)
      return kAmbiguous[random_.below(kAmbiguous.size())];
    return std::to_string(random_.below(3));
  }

  void finish(Operation& o, int time) {
    if (flavour_ == Flavour::kTexts && o.kind == Kind::kAppend) o.observed = {};
    if (random_.percent(80)) {
      o.outcome = Outcome::kDone;
      o.returned = instant(time);
      return;
    }
    o.observed = {};
    // Only what changed nothing can have been not applied; now and then it is a lie.
    o.outcome = o.pure_read() || random_.percent(5) ? Outcome::kNotApplied : Outcome::kUnknown;
  }

  // Other replies: mostly those of others on the same key, for what is told too early or too late is harder to see than
  // what nobody wrote.
  void spoil(Small& h) {
    for (std::uint64_t n = 2 + random_.below(5); n > 0; --n) {
      OfKey& one = h[random_.below(h.size())];
      OfKey& two = h[random_.below(h.size())];
      Operation& o = one.operation;
      if (!o.definite() || one.key != two.key) continue;
      if (o.kind == two.operation.kind && two.operation.definite())
        std::swap(o.observed, two.operation.observed);
      else if (o.kind == Kind::kGet && !two.operation.value.empty())
        o.observed = {Is::kText, two.operation.value, 0};
      else if (o.kind == Kind::kCompareAndSet)
        o.observed = o.observed.kind == Is::kOk ? nil() : Observed{Is::kOk, {}, 0};
    }
  }

  Random& random_;
  const Flavour flavour_;
  std::size_t keys_ = 1;
  int written_ = 0;
};

std::string story(const Small& h) {
  std::string text;
  for (const auto& [key, o] : h) text += "key " + std::to_string(key) + ": " + to_text(o) + "\n";
  return text;
}

TEST(Judge, AgreesWithBruteForceOnAMillionHistories) {
  Random random(4711);
  std::array<int, 2> seen{};
  for (int round = 0; round < kHistories; ++round) {
    const bool empty_texts = random.percent(50);
    const Small h = Maker(random).make(empty_texts);
    const KeyState initial = empty_texts ? KeyState::present("", kForever) : KeyState::missing();
    Cells cells;
    for (Cell& c : cells) c.there = empty_texts;

    Instant illegal = kForever;
    for (std::size_t key = 0; key < kKeysMost; ++key) {
      History of_key;
      for (const OfKey& o : h)
        if (o.key == key) of_key.push_back(o.operation);
      if (of_key.empty()) continue;
      const Judgement j = judge(of_key, kStepBudget, initial);
      ASSERT_NE(j.kind, Judgement::Kind::kUndecided) << "round " << round << "\n" << story(h);
      if (j.kind == Judgement::Kind::kViolated) illegal = std::min(illegal, of_key[j.illegal].returned);
    }
    ++seen[illegal == kForever];
    const bool possible = BruteForce(h, kForever).possible(cells);
    ASSERT_EQ(illegal == kForever, possible)
        << "round " << round << ": brute force finds an order: " << possible << "\n"
        << story(h);
    if (possible) continue;
    // The blocking completion is the first one that makes the history illegal.
    ASSERT_FALSE(BruteForce(h, illegal).possible(cells)) << "round " << round << "\n" << story(h);
    ASSERT_TRUE(BruteForce(h, illegal - Duration(1)).possible(cells)) << "round " << round << ", too late\n"
                                                                      << story(h);
  }
  EXPECT_GT(seen[0], kHistories / 6) << "illegal ones";
  EXPECT_GT(seen[1], kHistories / 3) << "legal ones";
}

}  // namespace
}  // namespace hc::sim
