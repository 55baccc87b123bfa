// For any calls: the filter holds at least what a multiset of hashes holds, and never says no to any of it.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/store/cuckoo_filter.h"

namespace hc {
namespace {

using Multiset = std::map<std::uint64_t, std::size_t>;  // hash -> copies, none of them 0
using Call = rc::state::Command<Multiset, CuckooFilter>;

// Of few buckets and few fingerprints: hashes meet in coarse tables and part in finer ones, some only in one bit.
rc::Gen<std::uint64_t> any_hash() {
  const auto few = [](std::uint64_t buckets, std::uint64_t low, unsigned finer) {
    return buckets << 32 | std::uint64_t{1} << finer | low;
  };
  return rc::gen::oneOf(rc::gen::apply(few, rc::gen::inRange<std::uint64_t>(0, 8),
                                       rc::gen::inRange<std::uint64_t>(0, 3), rc::gen::inRange(0U, 12U)),
                        rc::gen::arbitrary<std::uint64_t>());
}

// Of those that are there, as the contract of remove() wants it.
std::uint64_t one_of(const Multiset& model) {
  RC_PRE(!model.empty());
  const auto index = *rc::gen::inRange<std::size_t>(0, model.size());
  return std::next(model.begin(), static_cast<std::ptrdiff_t>(index))->first;
}

std::size_t total(const Multiset& model) {
  std::size_t total = 0;
  for (const auto& [hash, copies] : model) total += copies;
  return total;
}

void check(const Multiset& model, const CuckooFilter& filter) {
  for (const auto& [hash, copies] : model) {
    RC_ASSERT(filter.contains(hash));
    RC_ASSERT(filter.count(hash) >= copies);
  }
  RC_ASSERT(filter.size() == total(model));
  RC_ASSERT(filter.size() >= filter.beside());
}

// As bytes it is all that it is.
void check_bytes(const CuckooFilter& filter) {
  std::string bytes;
  filter.encode(bytes);
  const auto again = CuckooFilter::decode(bytes);
  RC_ASSERT(again && *again == filter);
  RC_ASSERT(again->digest() == filter.digest());
}

void remove_from(Multiset& model, std::uint64_t hash) {
  if (--model.at(hash) == 0) model.erase(hash);
}

struct Add : Call {
  std::uint64_t hash = *any_hash();
  std::size_t copies = *rc::gen::weightedOneOf<std::size_t>(
      {{9, rc::gen::just<std::size_t>(1)}, {1, rc::gen::inRange<std::size_t>(1, 30)}});
  void apply(Multiset& model) const override { model[hash] += copies; }
  void run(const Multiset& before, CuckooFilter& filter) const override {
    for (std::size_t i = 0; i < copies; ++i) filter.add(hash);
    check(nextState(before), filter);
  }
  void show(std::ostream& os) const override { os << "add " << std::hex << hash << std::dec << " x " << copies; }
};

struct AddAgain : Add {
  explicit AddAgain(const Multiset& model) { hash = one_of(model); }
};

// The filter may take a new key for one that is there, and not add it; that it is there afterwards is certain.
struct AddNew : Call {
  std::uint64_t hash = *any_hash();
  void run(const Multiset& before, CuckooFilter& filter) const override {
    const bool there = filter.contains(hash);
    RC_ASSERT(filter.add_new(hash) == !there);
    RC_ASSERT(filter.contains(hash));
    RC_ASSERT(there || !before.contains(hash));
    if (!there) RC_ASSERT(filter.remove(hash));  // so that the model needs no knowledge of false positives
    check(before, filter);
  }
  void show(std::ostream& os) const override { os << "add_new " << std::hex << hash << std::dec; }
};

struct Remove : Call {
  std::uint64_t hash;
  explicit Remove(const Multiset& model) : hash(one_of(model)) {}
  void checkPreconditions(const Multiset& model) const override { RC_PRE(model.contains(hash)); }
  void apply(Multiset& model) const override { remove_from(model, hash); }
  void run(const Multiset& before, CuckooFilter& filter) const override {
    RC_ASSERT(filter.remove(hash));
    check(nextState(before), filter);
  }
  void show(std::ostream& os) const override { os << "remove " << std::hex << hash << std::dec; }
};

// Any key: it may be there by mistake, but where it is not there is nothing to remove.
struct Ask : Call {
  std::uint64_t hash = *any_hash();
  void run(const Multiset& before, CuckooFilter& filter) const override {
    RC_ASSERT(filter.contains(hash) == (filter.count(hash) > 0));
    RC_ASSERT(filter.contains(hash) || !before.contains(hash));
    if (!filter.contains(hash)) RC_ASSERT(!filter.remove(hash));
    check(before, filter);
  }
  void show(std::ostream& os) const override { os << "contains " << std::hex << hash << std::dec; }
};

RC_GTEST_PROP(CuckooFilterProps, HoldsWhatAMultisetHolds, ()) {
  const auto capacity = *rc::gen::inRange<std::size_t>(1, 30);
  const auto rate_ppm = *rc::gen::element(500'000U, 100'000U, 1'000U, 1U);
  CuckooFilter filter(capacity, rate_ppm), twin(capacity, rate_ppm);
  const auto calls = *rc::gen::scale(4.0, rc::state::gen::commands(Multiset(), [](const Multiset& model) {
                                       using Kind = rc::Gen<std::shared_ptr<const Call>>;
                                       const Kind add = rc::state::gen::execOneOfWithArgs<Add, AddNew, Ask>()(model);
                                       if (model.empty()) return add;
                                       return rc::gen::oneOf(
                                           add, rc::state::gen::execOneOfWithArgs<Remove, AddAgain, Remove>()(model));
                                     }));
  rc::state::runAll(calls, Multiset(), filter);
  rc::state::runAll(calls, Multiset(), twin);
  RC_ASSERT(filter == twin);
  RC_ASSERT(filter.digest() == twin.digest());
  check_bytes(filter);

  // Emptied in whatever order, it has all that is left at any time, and nothing in the end.
  Multiset left;
  for (const auto& call : calls) call->apply(left);
  while (!left.empty()) {
    const std::uint64_t hash = one_of(left);
    RC_ASSERT(filter.remove(hash));
    remove_from(left, hash);
    check(left, filter);
  }
  RC_ASSERT(filter.load() == 0.0 && filter.filters() == 1U);
}

// One that may not grow refuses, and then it is as before.
RC_GTEST_PROP(CuckooFilterProps, RefusesWhatFindsNoRoom, ()) {
  const auto capacity = *rc::gen::inRange<std::size_t>(1, 30);
  CuckooFilter filter(capacity, 10'000, false);
  Multiset model;
  std::size_t refused = 0;
  for (const std::uint64_t hash : *rc::gen::scale(4.0, rc::gen::container<std::vector<std::uint64_t>>(any_hash()))) {
    const CuckooFilter before = filter;
    if (filter.add(hash)) {
      ++model[hash];
    } else {
      ++refused;
      RC_ASSERT(filter == before && filter.digest() == before.digest());
    }
    check(model, filter);
  }
  RC_ASSERT(filter.filters() == 1U && filter.beside() == 0U);
  check_bytes(filter);
  RC_TAG(refused > 0);
}

}  // namespace
}  // namespace hc
