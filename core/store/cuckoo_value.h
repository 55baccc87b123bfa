// A cuckoo filter as the value of a key, and how often an item was removed from it.
//
// Its edits: one byte that says what is done, and the item's hash.
#pragma once

#include <memory>
#include <string>

#include "core/store/cuckoo_filter.h"
#include "core/store/object.h"

namespace hc {

class CuckooValue final : public Object {
 public:
  static constexpr std::uint32_t kRatePpm = 10'000;  // one false positive in a hundred questions, at most

  // Requires: 1 <= capacity <= CuckooFilter::kCapacityMax.
  CuckooValue(std::size_t capacity, bool grows) : filter_(capacity, kRatePpm, grows) {}
  static std::unique_ptr<CuckooValue> decode(Bytes whole);

  static std::string adding(std::uint64_t hash);  // edits
  static std::string removing(std::uint64_t hash);

  const CuckooFilter& filter() const { return filter_; }
  std::uint64_t removed() const { return removed_; }

  ValueType type() const override { return ValueType::kCuckooFilter; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<CuckooValue>(*this); }
  void encode(std::string& out) const override;
  bool change(Bytes edit) override;
  std::uint64_t digest() const override;
  std::size_t bytes() const override;

 private:
  explicit CuckooValue(CuckooFilter filter) : filter_(std::move(filter)) {}

  CuckooFilter filter_;
  std::uint64_t removed_ = 0;
};

}  // namespace hc
