#include "core/command/gather.h"

#include <map>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/base/slot.h"
#include "core/command/families.h"

namespace hc {
namespace {

bool is(const CommandSpec& spec, std::string_view name) { return spec.name == name; }

// [number of keys, key] of two parts of the keyspace, each part as likely as it has keys.
Reply merge_random_keys(Reply a, Reply b, Random& random) {
  const auto weight_a = static_cast<std::uint64_t>(a.items[0].integer);
  const auto weight_b = static_cast<std::uint64_t>(b.items[0].integer);
  if (weight_b == 0) return a;
  const std::uint64_t drawn = random.below(weight_a + weight_b);
  Reply& chosen = drawn < weight_a ? a : b;
  chosen.items[0].integer = static_cast<std::int64_t>(weight_a + weight_b);
  return std::move(chosen);
}

}  // namespace

std::optional<Slot> one_slot(const CommandSpec& spec, Args args, std::uint32_t slots) {
  std::optional<Slot> found;
  bool several = false;
  if (spec.first_key > 1 && args.size() <= static_cast<std::size_t>(spec.first_key)) return Slot{};  // OBJECT HELP
  for_each_key(spec, args, [&](Bytes key) {
    const Slot slot = slot_of(key, slots);
    several |= found && *found != slot;
    found = slot;
  });
  return several ? std::nullopt : found;
}

Gather::Gather(const CommandSpec& spec, Args args, std::uint32_t slots) : spec_(&spec) {
  HC_CHECK(spec.flags & kSplits, "a command that cannot be split");
  const auto step = static_cast<std::size_t>(spec.key_step);  // MSET takes a value with each key
  std::map<Slot, std::uint32_t> part_of;
  for (std::size_t i = 1; i + step <= args.size(); i += step) {
    const Slot slot = slot_of(args[i], slots);
    const auto [place, added] = part_of.try_emplace(slot, static_cast<std::uint32_t>(parts_.size()));
    if (added) parts_.push_back({slot, {std::string(args[0])}});
    std::vector<std::string>& words = parts_[place->second].args;
    origins_.push_back({place->second, static_cast<std::uint32_t>((words.size() - 1) / step)});
    for (std::size_t word = 0; word < step; ++word) words.emplace_back(args[i + word]);
  }
  replies_.resize(parts_.size());
  missing_ = parts_.size();
}

void Gather::add(std::size_t part, Reply reply) {
  HC_CHECK(part < replies_.size() && replies_[part].kind == Reply::Kind::kNothing,
           "a part answered twice, or none of ours");
  HC_CHECK(reply.kind != Reply::Kind::kNothing, "a part without an answer");
  if (HC_MUTANT(kRepliesInArrivalOrder)) part = replies_.size() - missing_;
  replies_[part] = std::move(reply);
  --missing_;
}

Reply Gather::finish() {
  HC_CHECK(complete(), std::to_string(missing_) + " parts have not answered");
  for (Reply& reply : replies_)
    if (reply.is_error()) return std::move(reply);
  if (is(*spec_, "mset")) return Reply::ok();
  if (is(*spec_, "mget")) {
    std::vector<Reply> values;
    values.reserve(origins_.size());
    for (const Origin& from : origins_) values.push_back(std::move(replies_[from.part].items[from.index]));
    return Reply::array(std::move(values));
  }
  std::int64_t sum = 0;
  for (const Reply& reply : replies_) sum += reply.integer;
  return Reply::number(sum);
}

std::optional<Reply> refuse_scatter(const CommandSpec& spec, Args args) {
  if (spec.route == Route::kScan) return check_scan(args);
  if (is(spec, "mset") && args.size() % 2 == 0) return wrong_arity("mset");
  if (is(spec, "flushall") || is(spec, "flushdb")) return command::check_flush(args);
  return std::nullopt;
}

Reply merge_start(const CommandSpec& spec) {
  if (is(spec, "dbsize")) return Reply::number(0);
  if (is(spec, "keys")) return Reply::array({});
  if (is(spec, "randomkey")) {
    std::vector<Reply> items;
    items.push_back(Reply::number(0));
    items.push_back(Reply::nil());
    return Reply::array(std::move(items));
  }
  return Reply::ok();
}

Reply merge_slots(const CommandSpec& spec, Reply so_far, Reply one_slot, Random& random) {
  if (so_far.is_error()) return so_far;
  if (one_slot.is_error()) return one_slot;
  if (is(spec, "dbsize")) return Reply::number(so_far.integer + one_slot.integer);
  if (is(spec, "randomkey")) return merge_random_keys(std::move(so_far), std::move(one_slot), random);
  if (is(spec, "keys")) {
    for (Reply& key : one_slot.items) so_far.items.push_back(std::move(key));
    return so_far;
  }
  return Reply::ok();
}

Reply finish_slots(const CommandSpec& spec, Reply merged) {
  if (is(spec, "randomkey") && !merged.is_error()) return std::move(merged.items[1]);
  return merged;
}

Reply finish_scan(std::uint64_t cursor, Reply one_slot) {
  if (one_slot.is_error()) return one_slot;
  one_slot.items[0] = Reply::bulk_copy(std::to_string(cursor));
  return one_slot;
}

std::uint64_t inner_cursor(const Reply& one_slot) { return static_cast<std::uint64_t>(one_slot.items[0].integer); }

}  // namespace hc
