#include "core/store/dump.h"

#include "core/store/hash.h"

namespace hc {
namespace {

constexpr std::size_t kFormatBytes = 2, kSumBytes = 8;
constexpr std::uint64_t kFormat = 0x4801;

void append_fixed(std::uint64_t n, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(n >> (8 * i)));
}
std::uint64_t fixed(Bytes bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) n = n << 8 | static_cast<unsigned char>(bytes[i]);
  return n;
}

}  // namespace

std::string dump(const SlotTable::Item& item) {
  std::string out(1, static_cast<char>(item.type()));
  if (item.object)
    item.object->encode(out);
  else
    out.append(item.value);
  append_fixed(kFormat, kFormatBytes, out);
  append_fixed(hash_of(out), kSumBytes, out);
  return out;
}

std::optional<Dumped> read_dump(Bytes bytes) {
  if (bytes.size() < 1 + kFormatBytes + kSumBytes) return std::nullopt;
  const Bytes summed = bytes.substr(0, bytes.size() - kSumBytes);
  const Bytes body = summed.substr(0, summed.size() - kFormatBytes);
  if (fixed(bytes.substr(summed.size())) != hash_of(summed)) return std::nullopt;
  if (fixed(summed.substr(body.size())) != kFormat) return std::nullopt;
  const auto type = static_cast<ValueType>(body.front());
  if (type == ValueType::kString) return Dumped{body.substr(1), nullptr};
  auto object = decode_object(type, body.substr(1));
  if (!object) return std::nullopt;
  return Dumped{{}, std::move(object)};
}

}  // namespace hc
