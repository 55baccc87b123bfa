// CF.*: cuckoo filters as values, with the names, arguments, replies and error texts of RedisBloom 2.4.
//
// Buckets have four entries, an entry that finds no room is moved along a shortest path, and a filter grows by tables
// of twice the size: BUCKETSIZE, MAXITERATIONS and EXPANSION are checked, but only whether EXPANSION is 0 matters.
// CF.INFO says how it is.
#include <expected>

#include "core/command/access.h"
#include "core/command/families.h"
#include "core/store/cuckoo_value.h"

namespace hc::command {
namespace {

constexpr std::int64_t kCapacityUsual = 1024, kCapacityMost = std::int64_t{1} << 27;  // it stays a value of 256 MB
constexpr std::int64_t kBucketSizeUsual = 2;                                          // RedisBloom's

Reply not_found() { return Reply::error_literal("ERR not found"); }
Reply unknown_argument() { return Reply::error_literal("Unknown argument received"); }

std::optional<Reply> refuse_capacity(std::int64_t capacity, std::int64_t bucket_size) {
  if (bucket_size > capacity / 2) return Reply::error_literal("Capacity must be at least (BucketSize * 2)");
  if (capacity > kCapacityMost)
    return Reply::error("Couldn't create Cuckoo Filter: the capacity is at most " + std::to_string(kCapacityMost));
  return std::nullopt;
}

// nullptr: nothing is there. The error, if it is something else.
std::expected<const CuckooValue*, Reply> find_filter(const Key& key, Execution& x) {
  const auto item = find_live(key, x);
  if (!item) return nullptr;
  if (item->type() != ValueType::kCuckooFilter) return std::unexpected(wrong_type());
  return static_cast<const CuckooValue*>(item->object);
}

void begin(const Key& key, std::int64_t capacity, bool grows, Execution& x) {
  put(key, std::make_unique<CuckooValue>(static_cast<std::size_t>(capacity), grows), kNoExpiry, x);
}

struct Adding {
  bool only_new = false, creates = true;
  std::int64_t capacity = kCapacityUsual;
};

// Makes sure that the filter is there. The error, if it cannot be.
std::optional<Reply> open(const Key& key, const Adding& adding, Execution& x) {
  const auto value = find_filter(key, x);
  if (!value) return value.error();
  if (*value) return std::nullopt;
  if (!adding.creates) return not_found();
  begin(key, adding.capacity, true, x);
  return std::nullopt;
}

// 1: it was added; 0: it seems to be there; -1: there is no room.
std::int64_t add_item(const Key& key, Bytes item, bool only_new, Execution& x) {
  const std::uint64_t hash = hash_of(item);
  const auto* value = static_cast<const CuckooValue*>(x.table.find(key.name, key.hash)->object);
  if (only_new && value->filter().contains(hash)) return 0;
  return change(key, CuckooValue::adding(hash), x) ? 1 : -1;
}

Reply add_one(Args args, bool only_new, Execution& x) {
  const Key key(args[1]);
  if (auto error = open(key, {}, x)) return *error;
  const std::int64_t added = add_item(key, args[2], only_new, x);
  return added < 0 ? Reply::error_literal("Filter is full") : Reply::number(added);
}

// key [CAPACITY n] [NOCREATE] ITEMS item…
Reply insert(Args args, bool only_new, Execution& x) {
  Adding adding{only_new};
  std::size_t i = 2;
  for (; i < args.size() && !same_word(args[i], "items"); ++i) {
    if (same_word(args[i], "nocreate")) {
      adding.creates = false;
    } else if (same_word(args[i], "capacity")) {
      if (++i == args.size()) break;
      const auto capacity = parse_integer(args[i]);
      if (!capacity) return Reply::error_literal("Bad capacity");
      if (auto error = refuse_capacity(*capacity, kBucketSizeUsual)) return *error;
      adding.capacity = *capacity;
    } else {
      return unknown_argument();
    }
  }
  if (i + 1 >= args.size()) return wrong_arity(only_new ? "cf.insertnx" : "cf.insert");
  const Key key(args[1]);
  if (auto error = open(key, adding, x)) return *error;
  std::vector<Reply> added;
  for (const Bytes item : args.subspan(i + 1)) added.push_back(Reply::number(add_item(key, item, only_new, x)));
  return Reply::array(std::move(added));
}

Reply may_have(const CuckooValue* value, Bytes item) {
  return Reply::number(value && value->filter().contains(item) ? 1 : 0);
}

struct Reserving {
  std::int64_t bucket_size = kBucketSizeUsual, expansion = 1;
};

std::optional<Reply> parse(Bytes word, Bytes text, Reserving& r) {
  const auto number = parse_integer(text);
  if (same_word(word, "maxiterations")) {
    if (!number) return Reply::error_literal("Couldn't parse MAXITERATIONS");
    if (*number <= 0) return Reply::error_literal("MAXITERATIONS parameter needs to be a positive integer");
  } else if (same_word(word, "bucketsize")) {
    if (!number) return Reply::error_literal("Couldn't parse BUCKETSIZE");
    if (*number <= 0) return Reply::error_literal("BUCKETSIZE parameter needs to be a positive integer");
    r.bucket_size = *number;
  } else if (same_word(word, "expansion")) {
    if (!number) return Reply::error_literal("Couldn't parse EXPANSION");
    if (*number < 0) return Reply::error_literal("EXPANSION parameter needs to be a non-negative integer");
    r.expansion = *number;
  } else {
    return unknown_argument();
  }
  return std::nullopt;
}

}  // namespace

// CF.RESERVE key capacity [BUCKETSIZE n] [MAXITERATIONS n] [EXPANSION n]
Reply cf_reserve(Args args, Execution& x) {
  if (args.size() % 2 == 0) return wrong_arity("cf.reserve");
  const auto capacity = parse_integer(args[2]);
  if (!capacity) return Reply::error_literal("Bad capacity");
  Reserving r;
  for (std::size_t i = 3; i < args.size(); i += 2)
    if (auto error = parse(args[i], args[i + 1], r)) return *error;
  if (auto error = refuse_capacity(*capacity, r.bucket_size)) return *error;
  const Key key(args[1]);
  const auto value = find_filter(key, x);
  if (!value) return value.error();
  if (*value) return Reply::error_literal("ERR item exists");
  begin(key, *capacity, r.expansion != 0, x);
  return Reply::ok();
}

Reply cf_add(Args args, Execution& x) { return add_one(args, false, x); }
Reply cf_addnx(Args args, Execution& x) { return add_one(args, true, x); }
Reply cf_insert(Args args, Execution& x) { return insert(args, false, x); }
Reply cf_insertnx(Args args, Execution& x) { return insert(args, true, x); }

Reply cf_exists(Args args, Execution& x) {
  const auto value = find_filter(Key(args[1]), x);
  return value ? may_have(*value, args[2]) : value.error();
}

Reply cf_mexists(Args args, Execution& x) {
  const auto value = find_filter(Key(args[1]), x);
  if (!value) return value.error();
  std::vector<Reply> found;
  for (const Bytes item : args.subspan(2)) found.push_back(may_have(*value, item));
  return Reply::array(std::move(found));
}

Reply cf_del(Args args, Execution& x) {
  const Key key(args[1]);
  const auto value = find_filter(key, x);
  if (!value) return value.error();
  if (!*value) return Reply::error_literal("Not found");
  return Reply::number(change(key, CuckooValue::removing(hash_of(args[2])), x) ? 1 : 0);
}

Reply cf_count(Args args, Execution& x) {
  const auto value = find_filter(Key(args[1]), x);
  if (!value) return value.error();
  return Reply::number(*value ? static_cast<std::int64_t>((*value)->filter().count(args[2])) : 0);
}

Reply cf_info(Args args, Execution& x) {
  const auto value = find_filter(Key(args[1]), x);
  if (!value) return value.error();
  if (!*value) return not_found();
  const CuckooFilter& filter = (*value)->filter();
  std::vector<Reply> fields;
  const auto add = [&](Bytes name, std::uint64_t number) {
    fields.push_back(Reply::simple(name));
    fields.push_back(Reply::number(static_cast<std::int64_t>(number)));
  };
  add("Size", (*value)->bytes());
  add("Number of buckets", filter.capacity() / FingerprintTable::kBucketEntries);
  add("Number of filters", filter.filters());
  add("Number of items inserted", filter.size());
  add("Number of items deleted", (*value)->removed());
  add("Bucket size", FingerprintTable::kBucketEntries);
  add("Expansion rate", filter.grows() ? 2 : 0);
  add("Max iterations", FingerprintTable::kStepsMax);
  return Reply::map(std::move(fields));
}

}  // namespace hc::command
