#include "sim/spoken.h"

#include "sim/words.h"

namespace hc::sim {
namespace {

using K = Operation::Kind;
using Words = std::vector<std::string>;

Operation of(K kind, std::string value = {}) {
  Operation o;
  o.kind = kind;
  o.value = std::move(value);
  return o;
}

Instant ends_after(std::uint64_t milliseconds, Duration skew) {
  return Instant{} + std::chrono::milliseconds(milliseconds) - skew;
}

std::optional<Operation> understand_set(const Words& words, Duration skew) {
  Operation o = of(K::kSet, words[2]);
  for (std::size_t i = 3; i < words.size(); ++i) {
    std::uint64_t n = 0;
    if (words[i] == "NX") {
      o.only_if_missing = true;
    } else if (words[i] == "XX") {
      o.only_if_present = true;
    } else if (words[i] == "GET") {
      o.returns_old = true;
    } else if (words[i] == "KEEPTTL") {
      o.keep_ttl = true;
    } else if ((words[i] == "EX" || words[i] == "PX") && i + 1 < words.size() && parse_number(words[i + 1], n)) {
      o.ends = ends_after(words[i] == "EX" ? n * 1000 : n, skew);
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return o;
}

std::optional<Operation> understand_one(const Words& words, Duration skew) {
  const std::string& name = words[0];
  std::uint64_t n = 0;
  if (words.size() == 2) {
    if (name == "GET") return of(K::kGet);
    if (name == "DEL") return of(K::kDelete);
    if (name == "GETDEL") return of(K::kGetDelete);
    if (name == "PERSIST") return of(K::kPersist);
    if (name == "EXISTS") return of(K::kExists);
    if (name != "INCR") return std::nullopt;
    Operation o = of(K::kIncrease);
    o.amount = 1;
    return o;
  }
  if (name == "SET" && words.size() >= 3) return understand_set(words, skew);
  if (words.size() != 3) return std::nullopt;
  if (name == "APPEND") return of(K::kAppend, words[2]);
  if (name == "SETNX") {
    Operation o = of(K::kSet, words[2]);
    o.only_if_missing = true;
    return o;
  }
  if (!parse_number(words[2], n)) return std::nullopt;
  Operation o = of(K::kIncrease);
  o.amount = static_cast<std::int64_t>(n);
  if (name == "INCRBY") return o;
  o = of(K::kExpire);
  o.ends = ends_after(n, skew);
  return name == "PEXPIRE" ? std::optional(o) : std::nullopt;
}

std::optional<Spoken> understand_item(const Words& words) {
  if (words.size() < 3) return std::nullopt;
  const std::string& name = words[0];
  Operation o = of(name == "CF.DEL" ? K::kDelete : name == "CF.EXISTS" ? K::kExists : K::kSet);
  if (name == "CF.INSERTNX" && words.size() == 6 && words[2] == "CAPACITY" && words[4] == "ITEMS") {
    o.value = words.back();
    o.only_if_missing = true;
  } else if (o.kind == K::kSet || words.size() != 3) {
    return std::nullopt;
  }
  Spoken s;
  s.keys.push_back({words[1], words.back()});
  s.operations.push_back(std::move(o));
  return s;
}

}  // namespace

std::optional<Spoken> understand(const Words& words, Duration skew) {
  Spoken s;
  if (words.empty()) return std::nullopt;
  const std::string& name = words[0];
  const auto each = [&](Request::Shape shape, K kind, std::size_t step) {
    s.shape = shape;
    for (std::size_t i = 1; i < words.size(); i += step) {
      s.keys.push_back({words[i], {}});
      s.operations.push_back(of(kind, step == 2 ? words[i + 1] : std::string()));
    }
    return s;
  };
  if (name == "DBSIZE" || name == "SCAN" || name == "PTTL") {
    const std::size_t wanted = name == "DBSIZE" ? 1 : 2;
    if (words.size() < wanted || (name != "SCAN" && words.size() > wanted)) return std::nullopt;
    s.shape = Request::Shape::kSane;
    return s;
  }
  if (words == Words{"KEYS", "*"}) {
    s.shape = Request::Shape::kKeys;
    return s;
  }
  if (words.size() < 2) return std::nullopt;
  if (name == "MGET") return each(Request::Shape::kMany, K::kGet, 1);
  if (name == "MSET" && words.size() % 2 == 1) return each(Request::Shape::kAll, K::kSet, 2);
  if (name == "DEL" && words.size() > 2) return each(Request::Shape::kSum, K::kDelete, 1);
  if (name.starts_with("CF.")) return understand_item(words);
  auto one = understand_one(words, skew);
  if (!one) return std::nullopt;
  s.keys.push_back({words[1], {}});
  s.operations.push_back(std::move(*one));
  return s;
}

}  // namespace hc::sim
