#include "core/store/effects.h"

#include <optional>

#include "core/store/coding.h"

namespace hc {
namespace {

using Kind = StoreEffect::Kind;
using coding::append_bytes;
using coding::append_varint;

std::uint64_t millis(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

struct Reader : coding::Reader {
  explicit Reader(Bytes encoded) : coding::Reader{encoded} {}
  Bytes bytes() { return coding::Reader::bytes(SlotTable::kBytesMax); }
  WallTime time() { return WallTime(WallTime::duration(static_cast<std::int64_t>(varint()))); }
};

// The next effect; nullopt if malformed. Requires: something is left.
std::optional<StoreEffect> read_effect(Reader& reader) {
  StoreEffect effect;
  effect.kind = static_cast<Kind>(reader.left.front());
  reader.left.remove_prefix(1);
  switch (effect.kind) {
    case Kind::kPut:
      effect.key = reader.bytes();
      effect.expiry = reader.time();
      effect.value = reader.bytes();
      break;
    case Kind::kErase:
      effect.key = reader.bytes();
      break;
    case Kind::kClear:
      break;
    case Kind::kSetExpiry:
      effect.key = reader.bytes();
      effect.expiry = reader.time();
      break;
    case Kind::kSplice:
      effect.key = reader.bytes();
      effect.offset = reader.varint();
      effect.value = reader.bytes();
      if (effect.offset > SlotTable::kBytesMax - effect.value.size()) return std::nullopt;
      break;
    case Kind::kPutObject:
      effect.key = reader.bytes();
      effect.expiry = reader.time();
      effect.type = static_cast<ValueType>(reader.varint_within(1, 255));
      effect.value = reader.bytes();
      break;
    case Kind::kChange:
      effect.key = reader.bytes();
      effect.value = reader.bytes();
      break;
    default:
      return std::nullopt;
  }
  if (!reader.good) return std::nullopt;
  return effect;
}

// False: an object that does not decode.
bool apply_one(const StoreEffect& effect, SlotTable& table, AccessClock* clock) {
  switch (effect.kind) {
    case Kind::kPut:
      table.put(effect.key, hash_of(effect.key), {effect.value, effect.expiry}, clock);
      break;
    case Kind::kErase:
      table.erase(effect.key);
      break;
    case Kind::kClear:
      table.clear();
      break;
    case Kind::kSetExpiry:
      table.set_expiry(effect.key, effect.expiry);
      break;
    case Kind::kSplice:
      table.splice(effect.key, effect.offset, effect.value);
      break;
    case Kind::kPutObject: {
      auto object = decode_object(effect.type, effect.value);
      if (!object) return false;
      table.put(effect.key, hash_of(effect.key), std::move(object), effect.expiry, clock);
      break;
    }
    case Kind::kChange:
      table.change(effect.key, hash_of(effect.key), effect.value);
      break;
  }
  return true;
}

// A key in quotes, cut and escaped so that a trace stays one short line of text.
std::string quoted(Bytes key) {
  constexpr std::size_t kShown = 40;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : key.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out + (key.size() > kShown ? "\"…" : "\"");
}

std::string expiry_in_words(WallTime expiry) {
  return expiry == kNoExpiry ? "never expires" : "expires " + std::to_string(expiry.time_since_epoch().count());
}

}  // namespace

void EffectWriter::frame(Kind kind, Bytes key) {
  encoded_ += static_cast<char>(kind);
  append_bytes(encoded_, key);
}

void EffectWriter::put(Bytes key, Bytes value, WallTime expiry) {
  encoded_.reserve(encoded_.size() + key.size() + value.size() + 24);
  frame(Kind::kPut, key);
  append_varint(encoded_, millis(expiry));
  append_bytes(encoded_, value);
}

void EffectWriter::put(Bytes key, const Object& object, WallTime expiry) {
  std::string whole;
  object.encode(whole);
  frame(Kind::kPutObject, key);
  append_varint(encoded_, millis(expiry));
  append_varint(encoded_, static_cast<std::uint64_t>(object.type()));
  append_bytes(encoded_, whole);
}

void EffectWriter::put(const SlotTable::Item& item) {
  if (item.object)
    put(item.key, *item.object, item.expiry);
  else
    put(item.key, item.value, item.expiry);
}

void EffectWriter::erase(Bytes key) { frame(Kind::kErase, key); }

void EffectWriter::clear() { encoded_ += static_cast<char>(Kind::kClear); }

void EffectWriter::set_expiry(Bytes key, WallTime expiry) {
  frame(Kind::kSetExpiry, key);
  append_varint(encoded_, millis(expiry));
}

void EffectWriter::splice(Bytes key, std::uint64_t offset, Bytes piece) {
  frame(Kind::kSplice, key);
  append_varint(encoded_, offset);
  append_bytes(encoded_, piece);
}

void EffectWriter::change(Bytes key, Bytes edit) {
  frame(Kind::kChange, key);
  append_bytes(encoded_, edit);
}

bool apply(Bytes encoded, SlotTable& table, AccessClock* clock) {
  Reader reader{encoded};
  while (!reader.left.empty()) {
    const auto effect = read_effect(reader);
    if (!effect || !apply_one(*effect, table, clock)) return false;
  }
  return true;
}

bool for_each_effect(Bytes encoded, const std::function<void(const StoreEffect&)>& visit) {
  Reader reader{encoded};
  while (!reader.left.empty()) {
    const auto effect = read_effect(reader);
    if (!effect) return false;
    visit(*effect);
  }
  return true;
}

Bytes key_of_first(Bytes encoded) {
  if (encoded.empty() || encoded.front() == static_cast<char>(Kind::kClear)) return {};
  Reader reader{encoded.substr(1)};
  const Bytes key = reader.bytes();
  return reader.good ? key : Bytes();
}

std::string describe(const StoreEffect& effect) {
  const std::string size = " (" + std::to_string(effect.value.size()) + " bytes)";
  const std::string until = effect.expiry == kNoExpiry ? std::string() : ", " + expiry_in_words(effect.expiry);
  switch (effect.kind) {
    case Kind::kPut:
      return "put " + quoted(effect.key) + size + until;
    case Kind::kErase:
      return "erase " + quoted(effect.key);
    case Kind::kClear:
      return "clear";
    case Kind::kSetExpiry:
      return quoted(effect.key) + " " + expiry_in_words(effect.expiry);
    case Kind::kSplice:
      return "write into " + quoted(effect.key) + size + " at " + std::to_string(effect.offset);
    case Kind::kPutObject:
      return "put " + std::string(name_of(effect.type)) + " " + quoted(effect.key) + size + until;
    case Kind::kChange:
      return "change " + quoted(effect.key);
  }
  return "unknown effect";
}

}  // namespace hc
