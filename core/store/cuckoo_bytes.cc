// A cuckoo filter as bytes, and back: what a fill and a log carry.
#include <utility>

#include "core/store/coding.h"
#include "core/store/cuckoo_filter.h"

namespace hc {

void CuckooFilter::encode(std::string& out) const {
  coding::append_varint(out, rate_ppm_);
  coding::append_varint(out, grows_ ? 1 : 0);
  coding::append_varint(out, size_);
  coding::append_varint(out, tables_.size());
  coding::append_varint(out, tables_.front().buckets());
  for (const FingerprintTable& table : tables_) {
    coding::append_varint(out, table.bits());
    for (const std::uint64_t word : table.words()) coding::append_word(out, word);
  }
  coding::append_varint(out, beside_.size());
  for (const auto& [hash, copies] : beside_) {
    coding::append_word(out, hash);
    coding::append_varint(out, copies);
  }
}

// All but the first of its tables are twice as large as the one before, with the first one's base bits.
std::optional<CuckooFilter> CuckooFilter::decode(Bytes bytes) {
  constexpr unsigned kBitsMin = FingerprintTable::kBitsMin, kBitsMax = FingerprintTable::kBitsMax;
  coding::Reader in{bytes};
  const auto rate_ppm = static_cast<std::uint32_t>(in.varint_within(1, kRateMax));
  CuckooFilter filter(1, rate_ppm, in.varint_within(0, 1) == 1);
  filter.tables_.clear();
  filter.size_ = in.varint();
  const std::uint64_t tables = in.varint_within(1, kTablesMax);
  std::uint64_t buckets = in.varint_within(1, FingerprintTable::kBucketsMax);
  for (std::uint64_t i = 0; i < tables && in.good; ++i, buckets *= 2) {
    if (buckets > FingerprintTable::kBucketsMax) return std::nullopt;
    const unsigned before = i == 0 ? kBitsMin : filter.tables_.back().bits();
    const auto bits = static_cast<unsigned>(in.varint_within(before, kBitsMax));
    const std::size_t count = FingerprintTable::words_for(static_cast<std::uint32_t>(buckets), bits);
    if (count > in.left.size() / 8) return std::nullopt;
    std::vector<std::uint64_t> words(count);
    for (std::uint64_t& word : words) word = in.word();
    const unsigned base = i == 0 ? bits : filter.tables_.front().bits();
    filter.tables_.emplace_back(static_cast<std::uint32_t>(buckets), base, bits, std::move(words));
  }
  std::size_t copies_beside = 0;
  for (std::uint64_t n = in.varint(); n > 0 && in.good; --n) {
    const std::uint64_t hash = in.word(), copies = in.varint_within(1, kCapacityMax);
    filter.set_beside(hash, copies);
    copies_beside += copies;
  }
  if (!in.good || !in.left.empty() || filter.size_ != filter.used() + copies_beside) return std::nullopt;
  return filter;
}

}  // namespace hc
