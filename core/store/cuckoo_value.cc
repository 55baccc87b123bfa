#include "core/store/cuckoo_value.h"

#include <utility>

#include "core/base/seam.h"
#include "core/store/allocation.h"
#include "core/store/coding.h"

namespace hc {
namespace {

enum class Edit : std::uint8_t { kAdd = 1, kRemove = 2 };

std::string edit(Edit what, std::uint64_t hash) {
  std::string bytes(1, static_cast<char>(what));
  coding::append_word(bytes, hash);
  return bytes;
}

}  // namespace

std::string CuckooValue::adding(std::uint64_t hash) { return edit(Edit::kAdd, hash); }
std::string CuckooValue::removing(std::uint64_t hash) { return edit(Edit::kRemove, hash); }

bool CuckooValue::change(Bytes edit) {
  if (edit.size() != 9) return false;
  coding::Reader in{edit.substr(1)};
  const std::uint64_t hash = in.word();
  switch (static_cast<Edit>(edit.front())) {
    case Edit::kAdd:
      return filter_.add(hash);
    case Edit::kRemove:
      if (!filter_.remove(hash)) return false;
      ++removed_;
      return true;
  }
  return false;
}

void CuckooValue::encode(std::string& out) const {
  coding::append_varint(out, removed_);
  filter_.encode(out);
}

std::unique_ptr<CuckooValue> CuckooValue::decode(Bytes whole) {
  coding::Reader in{whole};
  const std::uint64_t removed = in.varint();
  auto filter = CuckooFilter::decode(in.left);
  if (!in.good || !filter) return nullptr;
  std::unique_ptr<CuckooValue> value(new CuckooValue(std::move(*filter)));
  value->removed_ = removed;
  return value;
}

std::uint64_t CuckooValue::digest() const { return hash_mix(filter_.digest(), removed_); }

std::size_t CuckooValue::bytes() const { return allocated(sizeof *this) + allocated(filter_.bytes()); }

}  // namespace hc
