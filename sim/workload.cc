#include "sim/workload.h"

#include <algorithm>
#include <array>

#include "core/store/cuckoo_value.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

using K = Operation::Kind;
using Is = Observed::Kind;

constexpr std::size_t kFilterCapacity = 4;

Observed observed(const Reply& r) {
  switch (r.kind) {
    case Reply::Kind::kSimple:
      return {Is::kOk, {}, 0};
    case Reply::Kind::kNil:
    case Reply::Kind::kNilArray:
      return {Is::kNil, {}, 0};
    case Reply::Kind::kInteger:
      return {Is::kNumber, {}, r.integer};
    case Reply::Kind::kBulk:
      return {Is::kText, std::string(r.text.view), 0};
    default:
      return {Is::kNotInteger, {}, 0};  // errors: see conclude()
  }
}

// What a CF command says of its item. A filter that is not there has none.
std::optional<Observed> item_said(const std::string& command, const Reply& reply) {
  if (command == "CF.INSERTNX") {
    if (reply.kind != Reply::Kind::kArray || reply.items.size() != 1) return std::nullopt;
    const std::int64_t added = reply.items.front().integer;
    if (added < 0) return std::nullopt;
    return Observed{added == 1 ? Is::kOk : Is::kNil, {}, 0};
  }
  if (reply.is_error() && reply.text.view == "Not found") return Observed{Is::kNumber, {}, 0};
  if (reply.kind != Reply::Kind::kInteger) return std::nullopt;
  return observed(reply);
}

std::string sentence(const Request& request, const Reply& reply) {
  std::string out = "an answer that no server may give:";
  for (const std::string& a : request.args) out += " " + a;
  out += " → ";
  if (reply.is_error()) return out + "-" + std::string(reply.text.view);
  return out + "kind " + std::to_string(static_cast<int>(reply.kind)) + " \"" + std::string(reply.text.view) + "\"";
}

}  // namespace

Workload::Workload(Knobs knobs, Duration skew_between_clocks, Random random)
    : knobs_(knobs), skew_(skew_between_clocks), random_(random) {
  static constexpr std::array kCharacters = {Character::kRegister, Character::kRegister, Character::kMixed,
                                             Character::kCounter, Character::kList};
  for (std::uint32_t k = 0; k < knobs_.keys; ++k) {
    // Some keys share a slot by their hash tag.
    subjects_.push_back({k % 4 == 3 ? "{" + name(k - 1) + "}" + std::to_string(k) : "key" + std::to_string(k), {}});
    characters_.push_back(knobs_.registers_only ? Character::kRegister : kCharacters[k % kCharacters.size()]);
  }
  add_items();
}

std::uint32_t Workload::add_key(Subject subject) {
  characters_.push_back(subject.item.empty() ? Character::kRegister : Character::kItem);
  subjects_.push_back(std::move(subject));
  return keys() - 1;
}

// The smallest filters there are take them, and so grow and shrink. No two are alike even to the coarsest table: what
// is known of one tells nothing of another.
void Workload::add_items() {
  std::vector<std::string> items;
  for (std::uint32_t i = 0; items.size() < (knobs_.filter_items + 1) / 2; ++i) {
    const std::string item = "item" + std::to_string(i);
    CuckooFilter with_it(kFilterCapacity, CuckooValue::kRatePpm);
    with_it.add(item);
    if (std::ranges::none_of(items, [&](const std::string& other) { return with_it.contains(other); }))
      items.push_back(item);
  }
  for (std::uint32_t i = 0; i < knobs_.filter_items; ++i)
    add_key({i % 2 == 0 ? "filter" : "{key0}filter", items[i / 2]});
}

std::string Workload::unique_value() {
  std::string value = "v" + std::to_string(++written_);
  value.resize(value.size() + random_.below(knobs_.value_bytes_most), '.');
  return value;
}

Request Workload::get(std::uint32_t key, Instant now) const {
  if (!subjects_[key].item.empty()) return item(key, K::kExists, now);
  Request r;
  r.args = {"GET", name(key)};
  Operation o;
  o.kind = K::kGet;
  o.called = now;
  r.parts.push_back({key, o});
  return r;
}

Request Workload::set(std::uint32_t key, std::string value, Instant now) const {
  Request r;
  r.args = {"SET", name(key), value};
  Operation o;
  o.kind = K::kSet;
  o.value = std::move(value);
  o.called = now;
  r.parts.push_back({key, std::move(o)});
  return r;
}

// An item is there or not: ADDNX adds it unless it is there, so DEL always takes away the only one.
Request Workload::item(std::uint32_t key, K kind, Instant now) const {
  const auto& [filter, item] = subjects_[key];
  Request r;
  Operation o;
  o.kind = kind;
  o.called = now;
  if (kind == K::kSet) {
    o.value = item;
    o.only_if_missing = true;
    r.args = {"CF.INSERTNX", filter, "CAPACITY", std::to_string(kFilterCapacity), "ITEMS", item};
  } else {
    r.args = {kind == K::kDelete ? "CF.DEL" : "CF.EXISTS", filter, item};
  }
  r.parts.push_back({key, std::move(o)});
  return r;
}

Request Workload::draw(Instant now) {
  if (knobs_.filter_items > 0 && random_.percent(30))
    return draw_for(knobs_.keys + static_cast<std::uint32_t>(random_.below(knobs_.filter_items)), now);
  const std::uint64_t dice = random_.below(100);
  if (knobs_.several_keys && !knobs_.registers_only && dice < 8) return several(now);
  if (knobs_.whole_keyspace && !knobs_.registers_only && dice < 10) return whole(now);
  // Some keys are hotter than others.
  const auto key = static_cast<std::uint32_t>(std::min(random_.below(knobs_.keys), random_.below(knobs_.keys)));
  return draw_for(key, now);
}

Request Workload::draw_for(std::uint32_t key, Instant now) {
  if (random_.percent(40)) return get(key, now);
  static constexpr std::array kRegister = {K::kSet,       K::kSet,    K::kSet,    K::kSet,    K::kDelete,
                                           K::kGetDelete, K::kExists, K::kExpire, K::kPersist};
  static constexpr std::array kCounter = {K::kIncrease, K::kIncrease, K::kIncrease,
                                          K::kIncrease, K::kIncrease, K::kDelete};
  static constexpr std::array kList = {K::kAppend, K::kAppend, K::kAppend, K::kAppend, K::kAppend, K::kGetDelete};
  static constexpr std::array kMixed = {K::kSet,       K::kSet,    K::kIncrease, K::kAppend, K::kDelete,
                                        K::kGetDelete, K::kExpire, K::kPersist,  K::kExists};
  const auto pick = [&](const auto& from) { return from[random_.below(from.size())]; };
  if (knobs_.registers_only && subjects_[key].item.empty()) return set(key, unique_value(), now);
  switch (characters_[key]) {
    case Character::kRegister:
      return one(key, pick(kRegister), now);
    case Character::kCounter:
      return one(key, pick(kCounter), now);
    case Character::kList:
      return one(key, pick(kList), now);
    case Character::kMixed:
      return one(key, pick(kMixed), now);
    case Character::kItem:
      return item(key, random_.percent(60) ? K::kSet : K::kDelete, now);
  }
  return get(key, now);
}

Request Workload::one(std::uint32_t key, K kind, Instant now) {
  Request r;
  Operation o;
  o.kind = kind;
  o.called = now;
  const std::string& name = this->name(key);
  const auto ttl_ms = static_cast<std::int64_t>(random_.between(200, 8000));
  const auto ends = now + std::chrono::milliseconds(ttl_ms) - skew_;
  switch (kind) {
    case K::kSet: {
      o.value = characters_[key] == Character::kMixed && random_.percent(50) ? std::to_string(1000 * ++written_)
                                                                             : unique_value();
      const std::uint64_t form = random_.below(10);
      if (form == 0) {
        r.args = {"SETNX", name, o.value};
        o.only_if_missing = true;
        break;
      }
      r.args = {"SET", name, o.value};
      if (knobs_.expiry && form <= 2) {
        o.ends = ends;
        if (form == 1 && ttl_ms > 1000) {
          r.args.insert(r.args.end(), {"EX", std::to_string(ttl_ms / 1000)});
          o.ends = now + std::chrono::seconds(ttl_ms / 1000) - skew_;
        } else {
          r.args.insert(r.args.end(), {"PX", std::to_string(ttl_ms)});
        }
      } else if (form == 3) {
        r.args.push_back("KEEPTTL");
        o.keep_ttl = true;
      }
      if (form == 4 || form == 2) {
        r.args.push_back("NX");
        o.only_if_missing = true;
      } else if (form == 5) {
        r.args.push_back("XX");
        o.only_if_present = true;
      }
      if (form == 6 || form == 5) {
        r.args.push_back("GET");
        o.returns_old = true;
      }
      break;
    }
    case K::kDelete:
      r.args = {"DEL", name};
      break;
    case K::kGetDelete:
      r.args = {"GETDEL", name};
      break;
    case K::kIncrease:
      o.amount = static_cast<std::int64_t>(random_.between(1, 3));
      if (o.amount == 1)
        r.args = {"INCR", name};
      else
        r.args = {"INCRBY", name, std::to_string(o.amount)};
      break;
    case K::kAppend:
      o.value = "+" + std::to_string(++written_);
      r.args = {"APPEND", name, o.value};
      break;
    case K::kExpire:
      if (!knobs_.expiry) return get(key, now);
      o.ends = ends;
      r.args = {"PEXPIRE", name, std::to_string(ttl_ms)};
      break;
    case K::kPersist:
      r.args = {"PERSIST", name};
      break;
    case K::kExists:
      r.args = {"EXISTS", name};
      break;
    case K::kGet:
    case K::kCompareAndSet:  // no command of ours
    case K::kLost:
    case K::kEvicted:
      return get(key, now);
  }
  r.parts.push_back({key, std::move(o)});
  return r;
}

Request Workload::several(Instant now) {
  Request r;
  std::vector<std::uint32_t> chosen;
  for (std::uint64_t n = random_.between(2, 4); n > 0; --n) {
    const auto key = static_cast<std::uint32_t>(random_.below(knobs_.keys));
    if (std::find(chosen.begin(), chosen.end(), key) == chosen.end()) chosen.push_back(key);
  }
  const std::uint64_t form = random_.below(4);
  r.args = {form <= 1 ? "MGET" : form == 2 ? "MSET" : "DEL"};
  r.shape = form <= 1 ? Request::Shape::kMany : form == 2 ? Request::Shape::kAll : Request::Shape::kSum;
  for (const std::uint32_t key : chosen) {
    Operation o;
    o.kind = form <= 1 ? K::kGet : form == 2 ? K::kSet : K::kDelete;
    o.called = now;
    r.args.push_back(name(key));
    if (form == 2) {
      o.value = unique_value();
      r.args.push_back(o.value);
    }
    r.parts.push_back({key, std::move(o)});
  }
  return r;
}

Request Workload::whole(Instant now) {
  Request r;
  r.shape = Request::Shape::kSane;
  switch (random_.below(4)) {
    case 0:
      r.args = {"DBSIZE"};
      break;
    case 1:
      r.args = {"KEYS", "*"};
      r.shape = Request::Shape::kKeys;
      for (std::uint32_t key = 0; key < keys(); ++key) {
        if (!subjects_[key].item.empty()) continue;
        Operation o;
        o.kind = K::kExists;
        o.called = now;
        r.parts.push_back({key, std::move(o)});
      }
      break;
    case 2:
      r.args = {"SCAN", "0", "COUNT", std::to_string(random_.between(1, 20))};
      break;
    default:
      r.args = {"PTTL", name(static_cast<std::uint32_t>(random_.below(knobs_.keys)))};
      break;
  }
  return r;
}

Operation::Outcome Workload::outcome_of(const Reply& reply) {
  if (!reply.is_error()) return Operation::Outcome::kDone;
  for (const Bytes code : {"CLUSTERDOWN", "TRYAGAIN", "LOADING", "OOM", "MISCONF"})
    if (reply.text.view.starts_with(code)) return Operation::Outcome::kNotApplied;
  if (reply.text.view.starts_with("UNKNOWN")) return Operation::Outcome::kUnknown;
  return Operation::Outcome::kDone;
}

void Workload::give_up(Request& request, const std::string& why) {
  for (Request::Part& p : request.parts) {
    p.operation.outcome = Operation::Outcome::kUnknown;
    p.operation.error = why;
  }
}

std::optional<std::string> Workload::conclude(Request& request, const Reply& reply, Instant now) const {
  const Operation::Outcome outcome = outcome_of(reply);
  if (outcome != Operation::Outcome::kDone) {
    for (Request::Part& p : request.parts) {
      p.operation.outcome = outcome;
      p.operation.error = std::string(reply.text.view);
    }
    return std::nullopt;
  }
  for (Request::Part& p : request.parts) {
    p.operation.outcome = Operation::Outcome::kDone;
    p.operation.returned = now;
  }
  const bool of_item = request.shape == Request::Shape::kOne && !subjects_[request.parts.front().key].item.empty();
  if (of_item) {
    const auto said = item_said(request.args.front(), reply);
    if (!said) return sentence(request, reply);
    request.parts.front().operation.observed = *said;
    return std::nullopt;
  }
  const bool not_integer = reply.is_error() && reply.text.view.starts_with("ERR value is not an integer");
  if (reply.is_error() && !not_integer) return sentence(request, reply);
  switch (request.shape) {
    case Request::Shape::kOne: {
      Operation& o = request.parts.front().operation;
      if (not_integer && o.kind != K::kIncrease) return sentence(request, reply);
      o.observed = observed(reply);
      if (request.args.front() == "SETNX" && reply.kind == Reply::Kind::kInteger)
        o.observed = {reply.integer == 1 ? Is::kOk : Is::kNil, {}, 0};
      return std::nullopt;
    }
    case Request::Shape::kMany:
      if (reply.kind != Reply::Kind::kArray || reply.items.size() != request.parts.size())
        return sentence(request, reply);
      for (std::size_t i = 0; i < reply.items.size(); ++i)
        request.parts[i].operation.observed = observed(reply.items[i]);
      return std::nullopt;
    case Request::Shape::kAll:
      if (reply.kind != Reply::Kind::kSimple) return sentence(request, reply);
      for (Request::Part& p : request.parts) p.operation.observed = observed(reply);
      return std::nullopt;
    case Request::Shape::kSum:
      if (reply.kind != Reply::Kind::kInteger || reply.integer < 0 ||
          reply.integer > static_cast<std::int64_t>(request.parts.size()))
        return sentence(request, reply);
      return std::nullopt;
    case Request::Shape::kKeys:
      if (reply.kind != Reply::Kind::kArray) return sentence(request, reply);
      for (Request::Part& p : request.parts) {
        const bool there = std::any_of(reply.items.begin(), reply.items.end(),
                                       [&](const Reply& item) { return item.text.view == name(p.key); });
        p.operation.observed = {Is::kNumber, {}, there ? 1 : 0};
      }
      return std::nullopt;
    case Request::Shape::kSane: {
      const bool number = request.args.front() == "DBSIZE" || request.args.front() == "PTTL";
      if (reply.kind != (number ? Reply::Kind::kInteger : Reply::Kind::kArray)) return sentence(request, reply);
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace hc::sim
