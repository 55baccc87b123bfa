// For all inputs: the table is a map; its digest is that of its content; walks miss nothing that stays; what a command
// does to the table, its effects do to another.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "core/base/seam.h"
#include "core/command/command.h"
#include "core/command/text.h"
#include "core/store/key_filter.h"

namespace hc {
namespace {

// Pages small enough that tables burst and gather all the time, now and then so shallow that they grow beyond.
struct SomePages {
  SomePages() { seam::sizes = {*rc::gen::element(8U, 16U, 64U, 2048U), *rc::gen::element(6U, 12U, 30U)}; }
  ~SomePages() { seam::sizes = {}; }
};

struct Content {
  std::string value;
  std::int64_t expiry = 0;  // 0: none
  bool operator==(const Content&) const = default;
};
using Model = std::map<std::string, Content>;

WallTime at(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

Model content_of(const SlotTable& table) {
  Model model;
  std::uint64_t cursor = 0;
  do
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      Content content{std::string(item.value), item.expiry.time_since_epoch().count()};
      if (item.object) item.object->encode(content.value += name_of(item.type()));
      RC_ASSERT(model.emplace(std::string(item.key), content).second);
    });
  while (cursor != 0);
  return model;
}

std::uint64_t digest_of(const Model& model) {
  SlotTable table;
  for (const auto& [key, content] : model) table.put(key, content.value, at(content.expiry));
  return table.digest();
}

// Few keys meet often; sizes on both sides of where the layout of an entry changes.
rc::Gen<std::string> any_key() {
  return rc::gen::map(rc::gen::inRange(0, 200),
                      [](int i) { return i == 0 ? std::string() : "key" + std::to_string(i); });
}
rc::Gen<std::string> any_value() {
  return rc::gen::apply(
      [](std::size_t size, char fill) { return std::string(size, fill); },
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 20), rc::gen::inRange<std::size_t>(240, 270),
                     rc::gen::inRange<std::size_t>(4080, 4110), rc::gen::inRange<std::size_t>(0, 9000)),
      rc::gen::inRange('a', 'e'));
}
rc::Gen<std::int64_t> any_expiry() {
  return rc::gen::oneOf(rc::gen::just<std::int64_t>(0), rc::gen::inRange<std::int64_t>(1, 1000));
}

struct Change {
  int what = 0;
  std::string key, value;
  std::int64_t number = 0;
};
void showValue(const Change& c, std::ostream& os) {
  os << "{" << c.what << " " << c.key << " " << c.value.size() << " bytes " << c.number << "}";
}

rc::Gen<std::vector<Change>> any_changes() {
  return rc::gen::scale(
      5.0, rc::gen::container<std::vector<Change>>(rc::gen::build<Change>(
               rc::gen::set(&Change::what, rc::gen::inRange(0, 100)), rc::gen::set(&Change::key, any_key()),
               rc::gen::set(&Change::value, any_value()), rc::gen::set(&Change::number, any_expiry()))));
}

void splice(std::string& value, std::size_t offset, const std::string& piece) {
  value.resize(std::max(value.size(), offset + piece.size()));
  value.replace(offset, piece.size(), piece);
}

void sweep(SlotTable& table, Model& model, std::int64_t now, std::size_t budget) {
  table.sweep(at(now), budget, [&](const SlotTable::Item& item) {
    RC_ASSERT(item.expiry < at(now));
    RC_ASSERT(model.erase(std::string(item.key)) == 1U);
  });
}

// The same change to the table and to its model.
void change(SlotTable& table, Model& model, const Change& c) {
  const auto there = model.find(c.key);
  if (c.what < 45) {
    table.put(c.key, c.value, at(c.number));
    model[c.key] = {c.value, c.number};
  } else if (c.what < 70) {
    RC_ASSERT(table.erase(c.key) == (there != model.end()));
    model.erase(c.key);
  } else if (c.what < 80) {
    RC_ASSERT(table.set_expiry(c.key, at(c.number)) == (there != model.end()));
    if (there != model.end()) there->second.expiry = c.number;
  } else if (c.what < 90) {
    RC_ASSERT(table.splice(c.key, static_cast<std::size_t>(c.number), c.value) == (there != model.end()));
    if (there != model.end()) splice(there->second.value, static_cast<std::size_t>(c.number), c.value);
  } else if (c.what < 95) {
    sweep(table, model, c.number, c.value.size());
  } else if (c.what < 99) {
    table.filter_keys(c.number % 3 == 0 ? 0 : c.number % 3 == 1 ? 1000 : 500'000);
  } else {
    table.clear();
    model.clear();
  }
}

void check_against(const SlotTable& table, const Model& model) {
  RC_ASSERT(content_of(table) == model);
  RC_ASSERT(table.size() == model.size());
  RC_ASSERT(table.digest() == digest_of(model));
  std::size_t expiring = 0;
  for (const auto& [key, content] : model) {
    RC_ASSERT(table.find(key).has_value());
    if (content.expiry == 0) continue;
    ++expiring;
    RC_ASSERT(table.earliest_expiry() <= at(content.expiry));
  }
  RC_ASSERT(table.expiring() == expiring);
  RC_ASSERT(!table.find("never put"));
  if (table.filter_ppm() == 0) return;
  RC_ASSERT(table.filter_figures().keys == model.size());
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key" + std::to_string(i);
    RC_ASSERT(table.find(key).has_value() == model.contains(key));
  }
}

RC_GTEST_PROP(SlotTableProps, IsAMap, ()) {
  const SomePages pages;
  const auto changes = *any_changes();
  SlotTable table;
  Model model;
  for (const Change& c : changes) change(table, model, c);
  check_against(table, model);
}

// A full round finds everything that expired, however partial rounds and changes went before.
RC_GTEST_PROP(SlotTableProps, SweepsMissNothing, ()) {
  const SomePages pages;
  const auto changes = *any_changes();
  const auto now = *rc::gen::inRange<std::int64_t>(1, 1100);
  SlotTable table;
  Model model;
  for (const Change& c : changes) change(table, model, c);
  for (int round = 0; round < 2; ++round) sweep(table, model, now, SIZE_MAX);
  check_against(table, model);
  for (const auto& [key, content] : model) RC_ASSERT(content.expiry == 0 || content.expiry >= now);
}

// A walk that goes on in another table of another capacity, while both change: all that stays is seen, exactly once.
RC_GTEST_PROP(SlotTableProps, WalksMissNothingThatStays, ()) {
  const SomePages pages;
  const int kept = *rc::gen::inRange(0, 300), others = *rc::gen::inRange(0, 6000);
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  SlotTable tables[2];
  for (int i = 0; i < kept; ++i)
    for (SlotTable& table : tables) table.put("kept" + std::to_string(i), "v", kNoExpiry);
  std::multiset<std::string> seen;
  std::uint64_t cursor = 0;
  int moving = 0;
  do {
    cursor = tables[random.below(2)].walk(cursor, [&](const SlotTable::Item& item) {
      if (item.key.starts_with("kept")) seen.emplace(item.key);
    });
    SlotTable& changed = tables[random.below(2)];
    for (std::uint64_t n = random.below(100); n > 0; --n) {
      if (moving < others)
        changed.put("other" + std::to_string(moving++), "v", kNoExpiry);
      else
        changed.erase("other" + std::to_string(random.below(static_cast<std::uint64_t>(others) + 1)));
    }
  } while (cursor != 0);
  RC_ASSERT(seen.size() == static_cast<std::size_t>(kept));
  RC_ASSERT(std::set<std::string>(seen.begin(), seen.end()).size() == static_cast<std::size_t>(kept));
}

// A pass takes each block once, whatever the budgets are, and changes nothing; what is drawn is there.
RC_GTEST_PROP(SlotTableProps, RelocatesEachOnce, ()) {
  const SomePages pages;
  const auto changes = *any_changes();
  SlotTable table;
  Model model;
  for (const Change& c : changes) change(table, model, c);
  static std::multiset<void*> moved;
  moved.clear();
  std::uint64_t cursor = 0;
  do {
    std::size_t budget = *rc::gen::inRange<std::size_t>(1, 300);
    cursor = table.relocate(cursor, budget, [](void* block, std::size_t) { return *moved.insert(block); });
  } while (cursor != 0);
  RC_ASSERT(moved.size() == model.size());
  RC_ASSERT(std::set<void*>(moved.begin(), moved.end()).size() == model.size());
  check_against(table, model);
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  for (int i = 0; i < 10 && !model.empty(); ++i) RC_ASSERT(model.contains(std::string(table.random(random)->key)));
}

// The same changes take the same bytes, and of nothing is left nothing.
RC_GTEST_PROP(SlotTableProps, CountsItsBytes, ()) {
  const SomePages pages;
  const auto changes = *any_changes();
  SlotTable a, b;
  Model of_a, of_b;
  for (const Change& c : changes) change(a, of_a, c);
  for (const Change& c : changes) change(b, of_b, c);
  RC_ASSERT(a.bytes() == b.bytes());
  for (const auto& [key, content] : of_a) RC_ASSERT(a.erase(key));
  RC_ASSERT(a.bytes() == a.filter_figures().bytes);
  a.filter_keys(0);
  RC_ASSERT(a.bytes() == 0U);
}

// ---- commands

std::string pick(Random& random, std::initializer_list<const char*> words) {
  return words.begin()[random.below(words.size())];
}

std::string some_value(Random& random) {
  const std::size_t size = random.below(300);
  return random.percent(50) ? pick(random, {"1", "-5", "10.5", "abc", "", "9223372036854775807"})
                            : std::string(size, 'x');
}

std::vector<std::string> some_command(Random& random) {
  const std::string key = "k" + std::to_string(random.below(20)), other = "k" + std::to_string(random.below(20));
  const std::string value = some_value(random), number = pick(random, {"0", "1", "-1", "40", "250", "x"});
  const std::string when = std::to_string(random.below(60)), option = pick(random, {"NX", "XX", "GT", "LT"});
  const std::string item = "i" + std::to_string(random.below(40));
  switch (random.below(32)) {
    case 0:
      return {"SET", key, value};
    case 1:
      return {"SET", key, value, "PX", when};
    case 2:
      return {"SET", key, value, pick(random, {"NX", "XX", "GET", "KEEPTTL"})};
    case 3:
      return {"GETSET", key, value};
    case 4:
      return {"GETDEL", key};
    case 5:
      return {"GETEX", key, "PX", when};
    case 6:
      return {"GETEX", key, "PERSIST"};
    case 7:
      return {"SETNX", key, value};
    case 8:
      return {"MSET", key, value, other, number};
    case 9:
      return {"DEL", key, other};
    case 10:
      return {"INCRBY", key, number};
    case 11:
      return {"INCRBYFLOAT", key, number};
    case 12:
      return {"APPEND", key, value};
    case 13:
      return {"SETRANGE", key, number, value};
    case 14:
      return {"PEXPIRE", key, when};
    case 15:
      return {"PEXPIRE", key, when, option};
    case 16:
      return {"PERSIST", key};
    case 17:
      return {"MGET", key, other};
    case 18:
      return {"SCAN", "0", "COUNT", "3"};
    case 19:
      return {"DBSIZE"};
    case 20:
      return {"RANDOMKEY"};
    case 21:
      return {"KEYS", "k1*"};
    case 22:
      return {random.percent(10) ? "FLUSHALL" : "DBSIZE"};
    case 23:
      return {"CF.RESERVE", key, pick(random, {"4", "40"}), "EXPANSION", pick(random, {"0", "1"})};
    case 24:
      return {pick(random, {"CF.ADD", "CF.ADDNX"}), key, item};
    case 25:
      return {pick(random, {"CF.INSERT", "CF.INSERTNX"}), key, "CAPACITY", "4", "ITEMS", item, "other", item};
    case 26:
      return {pick(random, {"CF.DEL", "CF.EXISTS", "CF.COUNT"}), key, item};
    case 27:
      return {"CF.INFO", key};
    case 28:
      return {"COPY", key, other, "REPLACE"};
    case 29:
      return {"RENAME", key, other};
    case 30:
      return {"TYPE", key};
    default:
      return {"GET", key};
  }
}

RC_GTEST_PROP(CommandProps, EffectsDoWhatTheCommandDid, ()) {
  const SomePages pages;
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const int commands = *rc::gen::inRange(0, 400);
  SlotTable primary, replica;
  std::int64_t now = 1'000'000;
  for (int i = 0; i < commands; ++i) {
    now += static_cast<std::int64_t>(random.below(5));
    const std::vector<std::string> words = some_command(random);
    const std::vector<Bytes> args(words.begin(), words.end());
    EffectWriter effects;
    Execution x{primary, at(now), random, &effects};
    const std::uint64_t before = primary.digest();
    if (random.percent(10))
      expire_some(x, random.below(20));
    else
      execute(*find_command(args[0]), args, x);
    RC_ASSERT(!effects.empty() || primary.digest() == before);
    RC_ASSERT(apply(effects.bytes(), replica));
    RC_ASSERT(primary.digest() == replica.digest());
    RC_ASSERT(content_of(primary) == content_of(replica));
  }
}

// Whoever runs without effects to write does the same to the table.
RC_GTEST_PROP(CommandProps, EffectsChangeNothing, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Random random_a(seed), random_b(seed);
  SlotTable with, without;
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::string> words = some_command(random_a);
    RC_ASSERT(words == some_command(random_b));
    const std::vector<Bytes> args(words.begin(), words.end());
    EffectWriter effects;
    Execution a{with, at(1000 + i), random_a, &effects}, b{without, at(1000 + i), random_b, nullptr};
    const Reply reply_a = execute(*find_command(args[0]), args, a);
    const Reply reply_b = execute(*find_command(args[0]), args, b);
    RC_ASSERT(reply_a.kind == reply_b.kind && reply_a.integer == reply_b.integer);
    RC_ASSERT(reply_a.text.view == reply_b.text.view);
    RC_ASSERT(with.digest() == without.digest());
  }
}

// The glob against its definition, for patterns of literals, '?' and '*'.
bool naive_glob(Bytes pattern, Bytes text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return naive_glob(pattern.substr(1), text) || (!text.empty() && naive_glob(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && naive_glob(pattern.substr(1), text.substr(1));
}

RC_GTEST_PROP(CommandProps, GlobMatchesAsDefined, ()) {
  const auto pattern = *rc::gen::resize(12, rc::gen::container<std::string>(rc::gen::element('a', 'b', '?', '*')));
  const auto text = *rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c')));
  RC_PRE(!text.empty());
  RC_ASSERT(command::glob_match(pattern, text) == naive_glob(pattern, text));
}

}  // namespace
}  // namespace hc
