#include "io/slots_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/base/check.h"
#include "core/view/ring.h"

namespace hc {
namespace {

constexpr std::uint64_t kForgottenAt = 8;  // times as many configurations as a view has

enum class SetForm : std::uint8_t { kBitmap = 0, kRuns = 1 };

// A set of slots is written by their ranks in the ring order of all slots below the next power of two.
class RankedSlots {
 public:
  std::vector<Slot> slot;  // by rank
  std::vector<std::uint16_t> rank;

  explicit RankedSlots(std::vector<Slot> order) : slot(std::move(order)), rank(slot.size()) {
    const auto count = static_cast<std::uint32_t>(slot.size());
    for (std::uint32_t r = 0; r < count; ++r) rank[slot[r].value] = static_cast<std::uint16_t>(r);
    learn_runs();
  }

  // Adds the slots of the ranks in [from, until) to a bitmap of all slots that has none of them. Requires: long_runs().
  // What has all slots below two ranks differs by those between: a run of thousands costs two bitmaps.
  void add_run(std::size_t from, std::size_t until, std::vector<std::uint64_t>& bitmap) const {
    const std::size_t first = (from + 63) / 64, last = until / 64;
    if (first >= last) return add_each(from, until, bitmap);
    add_each(from, first * 64, bitmap);
    const std::size_t words = bitmap.size();
    const std::uint64_t *const before = &below_[first * words], *const all = &below_[last * words];
    for (std::size_t i = 0; i < words; ++i) bitmap[i] |= before[i] ^ all[i];
    add_each(last * 64, until, bitmap);
  }
  bool long_runs() const { return !below_.empty(); }

 private:
  static constexpr std::size_t kRunsMost = 16384;  // slots: half a megabyte

  void learn_runs() {
    const std::size_t words = slot.size() / 64;
    if (slot.size() > kRunsMost || words == 0) return;
    std::vector<std::uint64_t> bitmap(words);
    for (std::size_t r = 0; r <= slot.size(); ++r) {
      if (r % 64 == 0) below_.insert(below_.end(), bitmap.begin(), bitmap.end());
      if (r < slot.size()) add_each(r, r + 1, bitmap);
    }
  }

  void add_each(std::size_t from, std::size_t until, std::vector<std::uint64_t>& bitmap) const {
    for (; from < until; ++from) bitmap[slot[from].value / 64] |= std::uint64_t{1} << slot[from].value % 64;
  }
  std::vector<std::uint64_t> below_;  // for each 64th rank, a bitmap of all slots with a lower one
};

const RankedSlots& ranked(std::uint32_t count);

// The order of a slot among others does not depend on how many there are.
std::vector<Slot> order_of(std::uint32_t size) {
  if (size >= kSlotsMax) return ring_order(size);
  std::vector<Slot> order;
  std::ranges::copy_if(ranked(kSlotsMax).slot, std::back_inserter(order), [&](Slot s) { return s.value < size; });
  return order;
}

// For all threads, and as long as any runs: votes are written by others than the one that reads frames.
const RankedSlots& ranked(std::uint32_t count) {
  constexpr std::size_t kSizes = std::bit_width(kSlotSetWordsMax * 64);
  struct Known {
    std::array<std::once_flag, kSizes> flags;
    std::array<std::unique_ptr<const RankedSlots>, kSizes> orders;
  };
  static Known& known = *new Known;
  const std::uint32_t size = std::bit_ceil(count);
  const auto place = static_cast<std::size_t>(std::bit_width(size)) - 1;
  std::call_once(known.flags[place],
                 [&] { known.orders[place] = std::make_unique<const RankedSlots>(order_of(size)); });
  return *known.orders[place];
}

// Calls visit for the slots below `count` in ring order.
template <class Visit>
void in_ring_order(std::uint32_t count, Visit&& visit) {
  for (const Slot s : ranked(count).slot)
    if (s.value < count && !visit(s)) return;
}

// Calls visit for each of some changes, which ascend, in the order of their slots on the ring.
template <class Changes, class Visit>
void for_each_in_ring_order(Changes& changes, Visit&& visit) {
  const RankedSlots& order = ranked(kSlotsMax);
  std::vector<std::uint32_t> places;  // rank and index
  places.reserve(changes.size());
  for (std::uint32_t i = 0; i < changes.size(); ++i)
    places.push_back(std::uint32_t{order.rank[changes[i].slot.value]} << 16 | i);
  std::sort(places.begin(), places.end());
  for (const std::uint32_t place : places) visit(changes[place & 0xffff]);
}

// The first rank from `from` on that is or is not in the set; the end if there is none.
std::size_t next_that(bool is, const std::vector<std::uint64_t>& words, std::size_t from) {
  std::size_t i = from / 64;
  if (i == words.size()) return from;
  const auto looked_for = [&](std::uint64_t word) { return is ? word : ~word; };
  std::uint64_t word = looked_for(words[i]) & ~std::uint64_t{0} << from % 64;
  while (word == 0 && ++i < words.size()) word = looked_for(words[i]);
  return i * 64 + (word == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(word)));
}

// The set as alternating lengths of absent and present runs. Stops early where `longest` bytes are exceeded.
std::string runs_of(const SlotSet& set, std::size_t words, std::size_t longest) {
  std::string text;
  if (words == 0) return text;
  const RankedSlots& order = ranked(static_cast<std::uint32_t>(words * 64));
  SlotSet ranks(static_cast<std::uint32_t>(order.rank.size()));
  set.for_each([&](Slot s) { ranks.add(Slot{order.rank[s.value]}); });
  WireWriter out(text);
  bool present = false;
  for (std::size_t from = 0; text.size() <= longest; present = !present) {
    const std::size_t until = next_that(!present, ranks.words(), from);
    if (until == order.rank.size() && !present) break;
    out.number(until - from);
    from = until;
  }
  return text;
}

bool read_runs(WireReader& in, std::vector<std::uint64_t>& bitmap) {
  if (bitmap.empty()) return in.ended();
  const std::size_t slots = bitmap.size() * 64;
  const RankedSlots& order = ranked(static_cast<std::uint32_t>(slots));
  const bool by_run = order.long_runs() && order.slot.size() == slots;
  std::size_t from = 0;
  for (bool present = false; in.left() > 0; present = !present) {
    const std::uint64_t length = in.number();
    if (!in.ok() || length > order.slot.size() - from) return false;
    const std::size_t until = from + length;
    if (present && by_run) order.add_run(from, until, bitmap);
    for (; present && !by_run && from < until; ++from) {
      const std::size_t slot = order.slot[from].value;
      if (slot >= slots) return false;
      bitmap[slot / 64] |= std::uint64_t{1} << slot % 64;
    }
    from = until;
  }
  return in.ended();
}

std::size_t bytes_of_words(std::size_t words) { return words * sizeof(std::uint64_t); }

}  // namespace

void learn_slot_order() { ranked(kSlotsMax); }

void write_slot_set(const SlotSet& set, WireWriter& out) {
  const std::vector<std::uint64_t>& words = set.words();
  HC_CHECK(words.size() <= kSlotSetWordsMax, "a slot set of " + std::to_string(words.size()) + " words");
  std::size_t used = words.size();
  while (used > 0 && words[used - 1] == 0) --used;
  const std::string runs = runs_of(set, words.size(), bytes_of_words(used));
  out.number(words.size());
  if (runs.size() <= bytes_of_words(used)) {
    out.byte(static_cast<std::uint8_t>(SetForm::kRuns));
    out.raw(runs);
    return;
  }
  out.byte(static_cast<std::uint8_t>(SetForm::kBitmap));
  for (std::size_t i = 0; i < used; ++i) out.fixed64(words[i]);
}

std::expected<SlotSet, std::string> read_slot_set(Bytes bytes, DecodeBudget& budget) {
  WireReader in(bytes);
  const auto words = in.at_most<std::size_t>(kSlotSetWordsMax);
  const std::uint8_t form = in.byte();
  if (!in.ok() || form > static_cast<std::uint8_t>(SetForm::kRuns)) return std::unexpected("a malformed set of slots");
  if (!budget.take(bytes_of_words(words))) return std::unexpected("too much for one frame: sets of slots");
  std::vector<std::uint64_t> bitmap(words);
  if (form == static_cast<std::uint8_t>(SetForm::kRuns)) {
    if (!read_runs(in, bitmap)) return std::unexpected("a set of slots whose runs do not fit");
    return SlotSet::of_words(std::move(bitmap));
  }
  if (in.left() > bytes_of_words(words) || in.left() % sizeof(std::uint64_t) != 0)
    return std::unexpected("a set of slots whose bitmap does not fit");
  for (std::size_t i = 0; in.left() > 0; ++i) bitmap[i] = in.fixed64();
  return SlotSet::of_words(std::move(bitmap));
}

// ---- a view's slots
namespace {

// Added to the size of a list behind which a learner follows that is passed over.
constexpr std::size_t kPassedOver = 16;
static_assert(kListMax < kPassedOver);

class SlotsWriter {
 public:
  // The number of a configuration that has not occurred yet: they count from 0.
  std::uint64_t define(const SlotConfig& config) {
    HC_CHECK(!config.list.empty(), "a slot without replicas");
    WireWriter out(config_table_);
    out.number(config.epoch);
    out.number(config.list.size() + (config.passed_over ? kPassedOver : 0));
    for (const Incarnation& who : config.list) out.number(incarnation_number(who));
    if (config.passed_over) out.number(incarnation_number(config.passed_over));
    return configs_++;
  }
  std::uint64_t defined() const { return configs_; }

  // The next slots in ring order have it. A run of one is twice the configuration's number; a longer one that plus one,
  // then how much longer than two.
  void run(std::uint64_t number, std::uint64_t length) {
    WireWriter out(runs_);
    out.number(length == 1 ? 2 * number : 2 * number + 1);
    if (length > 1) out.number(length - 2);
  }

  std::string end() {
    std::string text;
    WireWriter out(text);
    out.number(incarnations_.size());
    out.raw(incarnation_table_);
    out.number(configs_);
    out.raw(config_table_);
    out.raw(runs_);
    return text;
  }

 private:
  std::uint64_t incarnation_number(const Incarnation& who) {
    const auto [place, fresh] = incarnations_.try_emplace(who, incarnations_.size());
    if (fresh) {
      WireWriter out(incarnation_table_);
      out.number(who.member);
      out.random(who.generation);
    }
    return place->second;
  }

  std::map<Incarnation, std::uint64_t> incarnations_;
  std::uint64_t configs_ = 0;
  std::string incarnation_table_, config_table_, runs_;
};

std::uint64_t hash_of_config(const SlotConfig& config) {
  std::uint64_t h = config.epoch.value ^ config.passed_over.generation.lo;
  const auto mix = [&h](std::uint64_t more) {
    h = (h ^ more) * 0x9e3779b97f4a7c15ULL;
    h ^= h >> 32;
  };
  for (const Incarnation& who : config.list) mix(who.generation.lo);
  mix(config.list.size());
  return h;
}

// Slots one by one, in ring order. Each configuration must stay until the end.
class ConfigsWriter {
 public:
  void add(const SlotConfig& config) {
    if (last_ == nullptr || !(config == *last_)) {
      end_run();
      last_ = &config;
    }
    ++length_;
  }
  std::string end() {
    end_run();
    return out_.end();
  }

 private:
  struct Same {
    bool operator()(const SlotConfig* a, const SlotConfig* b) const { return *a == *b; }
  };
  struct Hash {
    std::size_t operator()(const SlotConfig* config) const { return hash_of_config(*config); }
  };
  void end_run() {
    const std::uint64_t length = std::exchange(length_, 0);
    if (length == 0) return;
    const auto [place, fresh] = numbers_.try_emplace(last_, out_.defined());
    if (fresh) out_.define(*last_);
    out_.run(place->second, length);
  }

  SlotsWriter out_;
  const SlotConfig* last_ = nullptr;  // of the run that is open
  std::uint64_t length_ = 0;
  std::unordered_map<const SlotConfig*, std::uint64_t, Hash, Same> numbers_;  // never walked
};

std::vector<Incarnation> read_incarnations(WireReader& in) {
  std::vector<Incarnation> table(in.count(1 + 16));
  for (Incarnation& who : table) {
    who.member = in.node();
    who.generation = in.random<GenerationTag>();
  }
  return table;
}

SlotConfig read_config(WireReader& in, const std::vector<Incarnation>& incarnations) {
  SlotConfig config;
  config.epoch = in.epoch();
  const auto form = in.at_most<std::size_t>(kPassedOver + kListMax);
  const std::size_t size = form % kPassedOver;
  if (size == 0 || size > kListMax) in.turn_bad();
  const auto read_distinct = [&]() -> Incarnation {
    const std::uint64_t number = in.number();
    if (in.ok() && number < incarnations.size() && !config.list.names(incarnations[number].member))
      return incarnations[number];
    in.turn_bad();
    return {};
  };
  for (std::size_t i = 0; i < size && in.ok(); ++i) config.list.push_back(read_distinct());
  if (form > kPassedOver && in.ok()) config.passed_over = read_distinct();
  return config;
}

// What SlotsWriter wrote, one after the other.
class SlotsReader {
 public:
  // Not ok() if the bytes are malformed, or if `count` configurations are too many.
  SlotsReader(Bytes bytes, std::size_t count, DecodeBudget& budget) : in_(bytes) {
    const std::vector<Incarnation> incarnations = read_incarnations(in_);
    const std::size_t distinct = in_.count(3);
    if (!in_.ok() || !budget.take((distinct + count) * sizeof(SlotConfig))) {
      in_.turn_bad();
      return;
    }
    configs_.reserve(distinct);
    for (std::size_t i = 0; i < distinct && in_.ok(); ++i) configs_.push_back(read_config(in_, incarnations));
  }

  bool ok() const { return in_.ok(); }
  const SlotConfig* next() {  // null: there is none
    if (length_ == 0) {
      const std::uint64_t number = in_.number();
      if (!in_.ok() || number / 2 >= configs_.size()) return in_.turn_bad(), nullptr;
      config_ = &configs_[number / 2];
      length_ = number % 2 == 0 ? 1 : in_.at_most<std::uint64_t>(kSlotsMax) + 2;
    }
    --length_;
    return in_.ok() ? config_ : nullptr;
  }
  bool ended() { return in_.ended() && length_ == 0; }

 private:
  WireReader in_;
  std::vector<SlotConfig> configs_;
  const SlotConfig* config_ = nullptr;
  std::uint64_t length_ = 0;
};

}  // namespace

std::size_t SlotsEncoder::HashOfConfig::operator()(const SlotConfig& config) const { return hash_of_config(config); }

void SlotsEncoder::begin_anew(const SlotConfigs& slots) {
  const auto count = static_cast<std::uint32_t>(slots.size());
  configs_.clear();
  number_of_.clear();
  numbers_.clear();
  place_.resize(count);
  in_ring_order(count, [&](Slot s) {
    place_[s.value] = static_cast<std::uint16_t>(numbers_.size());
    numbers_.push_back(known_as(slots[s.value]));
    return true;
  });
}

std::uint32_t SlotsEncoder::known_as(const SlotConfig& config) {
  const auto [place, fresh] = number_of_.try_emplace(config, static_cast<std::uint32_t>(configs_.size()));
  if (fresh) configs_.push_back(config);
  return place->second;
}

std::string SlotsEncoder::encode(const SlotConfigs& slots) {
  HC_CHECK(slots.size() <= kSlotsMax, std::to_string(slots.size()) + " slots");
  if (slots.empty()) return {};
  if (last_.size() != slots.size()) {
    begin_anew(slots);
  } else {
    slots.for_each_difference(last_, [&](std::size_t i) { numbers_[place_[i]] = known_as(slots[i]); });
  }
  last_ = slots;
  constexpr std::uint64_t kUndefined = ~std::uint64_t{0};
  std::vector<std::uint64_t> written_as(configs_.size(), kUndefined);
  SlotsWriter writer;
  for (std::size_t from = 0, until = 0; from < numbers_.size(); from = until) {
    const std::uint32_t number = numbers_[from];
    while (until < numbers_.size() && numbers_[until] == number) ++until;
    if (written_as[number] == kUndefined) written_as[number] = writer.define(configs_[number]);
    writer.run(written_as[number], until - from);
  }
  if (configs_.size() > kForgottenAt * writer.defined()) last_.clear();  // most are of views that have passed
  return writer.end();
}

std::string encode_slots(const SlotConfigs& slots) { return SlotsEncoder().encode(slots); }

std::expected<std::vector<SlotConfig>, std::string> decode_slots(Bytes bytes, std::uint32_t count,
                                                                 DecodeBudget& budget) {
  if (count == 0 || count > kSlotsMax) return std::unexpected(std::to_string(count) + " slots in a view");
  SlotsReader reader(bytes, count, budget);
  if (!reader.ok()) return std::unexpected("the slots of a view are malformed or too many for one frame");
  std::vector<SlotConfig> slots(count);
  in_ring_order(count, [&](Slot s) {
    const SlotConfig* config = reader.next();
    if (config) slots[s.value] = *config;
    return config != nullptr;
  });
  if (!reader.ended()) return std::unexpected("the slots of a view are malformed");
  return slots;
}

std::string encode_slot_changes(const std::vector<SlotChange>& changes) {
  if (changes.empty()) return {};
  SlotSet which(changes.back().slot.value + 1U);
  for (const SlotChange& c : changes) which.add(c.slot);
  std::string set;
  WireWriter write_set(set);
  write_slot_set(which, write_set);
  ConfigsWriter configs;
  for_each_in_ring_order(changes, [&](const SlotChange& c) { configs.add(c.config); });
  std::string text;
  WireWriter out(text);
  out.number(set.size());
  out.raw(set);
  out.raw(configs.end());
  return text;
}

std::expected<std::vector<SlotChange>, std::string> decode_slot_changes(Bytes bytes, DecodeBudget& budget) {
  std::vector<SlotChange> changes;
  if (bytes.empty()) return changes;
  const auto malformed = [] { return std::unexpected(std::string("the slots that a view changes are malformed")); };
  WireReader in(bytes);
  const std::uint64_t length = in.number();
  if (!in.ok() || length > in.left()) return malformed();
  const std::size_t begin = bytes.size() - in.left();
  const auto which = read_slot_set(bytes.substr(begin, length), budget);
  if (!which) return std::unexpected(which.error());
  const std::size_t count = which->count();
  SlotsReader reader(bytes.substr(begin + length), count, budget);
  if (count == 0 || count > kSlotsMax || !reader.ok()) return malformed();
  changes.reserve(count);
  which->for_each([&](Slot s) { changes.push_back({s, {}}); });
  if (changes.back().slot.value >= kSlotsMax) return malformed();
  bool whole = true;
  for_each_in_ring_order(changes, [&](SlotChange& c) {
    const SlotConfig* config = whole ? reader.next() : nullptr;
    whole = config != nullptr;
    if (config) c.config = *config;
  });
  if (!whole || !reader.ended()) return malformed();
  return changes;
}

}  // namespace hc
