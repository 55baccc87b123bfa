#include "sim/check/history_json.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

namespace hc::sim {
namespace {

using Kind = Operation::Kind;
using Is = Observed::Kind;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 12> kKinds = {"get",      "set",    "delete", "get-delete",
                                                     "increase", "append", "expire", "persist",
                                                     "exists",   "cas",    "lost",   "evicted"};
static_assert(static_cast<std::size_t>(Kind::kCompareAndSet) == 9 && static_cast<std::size_t>(Kind::kEvicted) == 11);
constexpr std::array<std::string_view, 3> kOutcomes = {"ok", "not-applied", "unknown"};

enum class Field : std::uint8_t {
  kClient,
  kNode,
  kConnection,
  kPlace,
  kCall,
  kReturn,
  kKey,
  kOp,
  kValue,
  kExpected,
  kAmount,
  kIfMissing,
  kIfPresent,
  kKeepTtl,
  kReturnsOld,
  kEnds,
  kOutcome,
  kResult,
  kError,
  kHistory,
  kInitial,
};
constexpr std::array<std::string_view, 21> kFields = {
    "client", "node", "connection", "place", "call", "return",  "key",    "op",    "value",   "expected", "amount",
    "nx",     "xx",   "keepttl",    "get",   "ends", "outcome", "result", "error", "history", "initial"};

// ---- writing

// Text as it is, where it is UTF-8; else {"hex": "…"}.
Json text_json(const std::string& text) {
  try {
    Json(text).dump();
    return text;
  } catch (const Json::type_error&) {
    std::string hex;
    for (const char c : text)
      for (const int half : {static_cast<unsigned char>(c) >> 4, c & 15}) hex += "0123456789abcdef"[half];
    return Json{{"hex", hex}};
  }
}

Json result_json(const Operation& o) {
  switch (o.observed.kind) {
    case Is::kOk:
      return true;
    case Is::kNil:
      return o.kind == Kind::kCompareAndSet ? Json(false) : Json(nullptr);
    case Is::kText:
      return text_json(o.observed.text);
    case Is::kNumber:
      return o.observed.number;
    case Is::kNotInteger:
    case Is::kNothing:
      break;
  }
  return false;
}

std::string line_of(const std::string& key, const Operation& o) {
  Json j;
  if (!o.of_nobody()) {
    j["client"] = o.client;
    if (o.node != 0) j["node"] = o.node;
    if (o.connection != 0) {
      j["connection"] = o.connection;
      j["place"] = o.place;
    }
  }
  j["call"] = ns(o.called);
  if (o.definite()) j["return"] = ns(o.returned);
  j["key"] = text_json(key);
  j["op"] = kKinds[static_cast<std::size_t>(o.kind)];
  if (o.kind == Kind::kSet || o.kind == Kind::kAppend || o.kind == Kind::kCompareAndSet)
    j["value"] = text_json(o.value);
  if (o.kind == Kind::kCompareAndSet) j["expected"] = text_json(o.expected);
  if (o.kind == Kind::kIncrease) j["amount"] = o.amount;
  if (o.only_if_missing) j["nx"] = true;
  if (o.only_if_present) j["xx"] = true;
  if (o.keep_ttl) j["keepttl"] = true;
  if (o.returns_old) j["get"] = true;
  if (o.ends != kForever) j["ends"] = ns(o.ends);
  j["outcome"] = kOutcomes[static_cast<std::size_t>(o.outcome)];
  if (o.definite() && o.observed.kind != Is::kNothing) j["result"] = result_json(o);
  if (!o.error.empty()) j["error"] = text_json(o.error);
  return j.dump() + "\n";
}

// ---- reading

// One line: a flat object, whose fields go straight into an operation.
class Line : public nlohmann::json_sax<nlohmann::json> {
 public:
  void begin() {
    operation = {};
    of_key.clear();
    what.clear();
    version = 0;
    initial = KeyState::missing();
    seen_ = 0;
    depth_ = 0;
    in_hex_ = false;
    result_ = {};
  }
  bool seen(Field f) const { return seen_ >> static_cast<unsigned>(f) & 1; }

  // What is wrong with the line as a whole; empty: nothing.
  std::string close() {
    for (const Field f : {Field::kCall, Field::kKey, Field::kOp, Field::kOutcome})
      if (!seen(f)) return "no field \"" + std::string(name(f)) + "\"";
    if (operation.definite() != seen(Field::kReturn))
      return operation.definite() ? "outcome \"ok\" without a \"return\"" : "a \"return\" without outcome \"ok\"";
    if (operation.definite() && operation.returned < operation.called)
      return "\"return\" " + std::to_string(ns(operation.returned)) + " is before \"call\" " +
             std::to_string(ns(operation.called));
    const Kind k = operation.kind;
    if (k == Kind::kCompareAndSet && !seen(Field::kExpected)) return "\"cas\" without \"expected\"";
    if ((k == Kind::kSet || k == Kind::kAppend || k == Kind::kCompareAndSet) && !seen(Field::kValue))
      return "\"" + std::string(kKinds[static_cast<std::size_t>(k)]) + "\" without \"value\"";
    if (result_.kind == Is::kNotInteger && k != Kind::kIncrease) result_.kind = Is::kNil;  // false
    if (operation.definite()) operation.observed = std::move(result_);
    return {};
  }

  bool null() override {
    if (field_ == Field::kInitial) return true;
    if (field_ == Field::kResult) return result(Is::kNil);
    return wrong("null");
  }
  bool boolean(bool b) override {
    switch (field_) {
      case Field::kResult:
        return result(b ? Is::kOk : Is::kNotInteger);
      case Field::kIfMissing:
        return operation.only_if_missing = b, true;
      case Field::kIfPresent:
        return operation.only_if_present = b, true;
      case Field::kKeepTtl:
        return operation.keep_ttl = b, true;
      case Field::kReturnsOld:
        return operation.returns_old = b, true;
      default:
        return wrong(b ? "true" : "false");
    }
  }
  bool number_integer(std::int64_t n) override {
    switch (field_) {
      case Field::kCall:
        return operation.called = instant(n), true;
      case Field::kReturn:
        return operation.returned = instant(n), true;
      case Field::kEnds:
        return operation.ends = instant(n), true;
      case Field::kAmount:
        return operation.amount = n, true;
      case Field::kResult:
        result_.number = n;
        return result(Is::kNumber);
      default:
        break;
    }
    if (n < 0) return wrong(std::to_string(n));
    const auto u = static_cast<std::uint64_t>(n);
    switch (field_) {
      case Field::kConnection:
        return operation.connection = u, true;
      case Field::kPlace:
        return operation.place = u, true;
      case Field::kHistory:
        return version = u, true;
      case Field::kClient:
      case Field::kNode:
        if (u > 0xffffffff) return wrong(std::to_string(n));
        (field_ == Field::kClient ? operation.client : operation.node) = static_cast<std::uint32_t>(u);
        return true;
      default:
        return wrong(std::to_string(n));
    }
  }
  bool number_unsigned(std::uint64_t n) override {
    if (n >> 63) return wrong(std::to_string(n));
    return number_integer(static_cast<std::int64_t>(n));
  }
  bool number_float(double, const std::string& text) override { return wrong(text); }
  bool string(std::string& text) override {
    if (in_hex_ && !unhex(text)) return wrong("hex \"" + text + "\"");
    switch (field_) {
      case Field::kKey:
        return of_key.swap(text), true;
      case Field::kValue:
        return operation.value.swap(text), true;
      case Field::kExpected:
        return operation.expected.swap(text), true;
      case Field::kError:
        return operation.error.swap(text), true;
      case Field::kResult:
        result_.text.swap(text);
        return result(Is::kText);
      case Field::kInitial:
        return initial = KeyState::present(text, kForever), true;
      case Field::kOp:
        return choose(kKinds, text, operation.kind);
      case Field::kOutcome:
        return choose(kOutcomes, text, operation.outcome);
      default:
        return wrong("\"" + text + "\"");
    }
  }
  bool binary(nlohmann::json::binary_t&) override { return wrong("binary"); }
  bool start_object(std::size_t) override {
    if (++depth_ == 1) return true;
    in_hex_ = true;
    return depth_ == 2 ? true : wrong("an object");
  }
  bool key(std::string& text) override {
    if (depth_ == 2) return text == "hex" ? true : wrong("an object with \"" + text + "\"");
    const auto found = std::find(kFields.begin(), kFields.end(), text);
    if (found == kFields.end()) return fail("no such field: \"" + text + "\"; docs/HISTORIES.md lists them");
    field_ = static_cast<Field>(found - kFields.begin());
    const auto bit = std::uint32_t{1} << static_cast<unsigned>(field_);
    if (seen_ & bit) return fail("field \"" + text + "\" twice");
    seen_ |= bit;
    return true;
  }
  bool end_object() override {
    --depth_;
    in_hex_ = false;
    return true;
  }
  bool start_array(std::size_t) override { return wrong("an array"); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    return fail("no JSON object (at byte " + std::to_string(at) + ")");
  }

  Operation operation;
  std::string of_key, what;
  std::uint64_t version = 0;
  KeyState initial;

 private:
  static std::string_view name(Field f) { return kFields[static_cast<std::size_t>(f)]; }
  bool fail(std::string why) { return what = std::move(why), false; }
  bool wrong(const std::string& value) {
    return fail(depth_ == 0 ? "no JSON object" : "field \"" + std::string(name(field_)) + "\" cannot be " + value);
  }
  bool result(Is kind) { return result_.kind = kind, true; }
  template <class Names, class Enum>
  bool choose(const Names& names, const std::string& text, Enum& to) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) return to = static_cast<Enum>(found - names.begin()), true;
    std::string known;
    for (const std::string_view n : names) known += (known.empty() ? "" : ", ") + std::string(n);
    return fail("field \"" + std::string(name(field_)) + "\" is \"" + text + "\"; it can be " + known);
  }
  static bool unhex(std::string& text) {
    if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
    const auto half = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i < text.size() / 2; ++i)
      text[i] = static_cast<char>(half(text[2 * i]) << 4 | half(text[2 * i + 1]));
    text.resize(text.size() / 2);
    return true;
  }

  Field field_{};
  std::uint32_t seen_ = 0;
  int depth_ = 0;
  bool in_hex_ = false;
  Observed result_;
};

class Reader {
 public:
  std::expected<Histories, Unreadable> read(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty()) {
      ++number;
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view one = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (std::string wrong = take(one); !wrong.empty()) return std::unexpected(Unreadable{number, std::move(wrong)});
    }
    return std::move(histories_);
  }

 private:
  // What is wrong with the line; empty: nothing.
  std::string take(std::string_view one) {
    line_.begin();
    if (!nlohmann::json::sax_parse(one.begin(), one.end(), &line_))
      return line_.what.empty() ? "no JSON object" : line_.what;
    if (!begun_) {
      begun_ = true;
      if (!line_.seen(Field::kHistory)) return R"(the first line has to be {"history":1,"initial":null})";
      if (line_.version != 1) return "history " + std::to_string(line_.version) + ": only 1 is known";
      histories_.initial = line_.initial;
      return {};
    }
    if (line_.seen(Field::kHistory)) return "\"history\" belongs into the first line only";
    if (std::string wrong = line_.close(); !wrong.empty()) return wrong;
    history_of(line_.of_key).push_back(std::move(line_.operation));
    return {};
  }

  History& history_of(const std::string& key) {
    const auto [at, fresh] = numbers_.try_emplace(key, histories_.keys.size());
    if (fresh) histories_.keys.push_back({key, {}});
    return histories_.keys[at->second].history;
  }

  Line line_;
  bool begun_ = false;
  Histories histories_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

}  // namespace

std::string to_json_lines(const Histories& histories) {
  Json first{{"history", 1}, {"initial", nullptr}};
  if (histories.initial.kind == KeyState::Kind::kPresent) first["initial"] = text_json(histories.initial.value);
  std::string out = first.dump() + "\n";
  for (const KeyHistory& k : histories.keys)
    for (const Operation& o : k.history) out += line_of(k.key, o);
  return out;
}

std::expected<Histories, Unreadable> from_json_lines(std::string_view text) { return Reader().read(text); }

}  // namespace hc::sim
