// One register, as Jepsen's etcd tests log it: `INFO  jepsen.util - 4 :invoke :cas [1 3]`.
#include <charconv>
#include <optional>

#include "tools/lincheck/log.h"
#include "tools/lincheck/read.h"

namespace hc::lincheck {
namespace {

using sim::Observed;
using sim::Operation;
using Kind = Operation::Kind;

template <class Number>
bool parse(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}
bool is_number(std::string_view word) {
  std::int64_t n = 0;
  return parse(word, n);
}

// "[1 3]"
bool parse_pair(std::string_view text, std::string_view& from, std::string_view& to) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = text.substr(1, text.size() - 2);
  from = take_word(text);
  to = take_word(text);
  return text.empty() && is_number(from) && is_number(to);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

class RegisterLog {
 public:
  std::string line(std::string_view text) {
    constexpr std::string_view kUsual = "INFO  jepsen.util - ";
    const std::size_t dash = text.starts_with(kUsual) ? kUsual.size() - 3 : text.find(" - ");
    if (dash == std::string_view::npos)
      return quoted(text.substr(0, 40)) + " is no line of a log (LEVEL  LOGGER - MESSAGE), of EDN or of JSON";
    if (!text.substr(0, dash).ends_with("jepsen.util")) return {};
    text.remove_prefix(dash + 3);
    const std::string_view who = take_word(text);
    if (who.starts_with(':')) return {};
    std::uint32_t process = 0;
    if (!parse(who, process)) return quoted(who) + " is no number of a process";
    const std::string_view type_word = take_word(text), what = take_word(text);
    Type type{};
    if (!parse_type(type_word, type)) return quoted(type_word) + " is none of :invoke, :ok, :fail, :info";
    const std::optional<Kind> kind = kind_of(what);
    if (!kind) return quoted(what) + " is none of :read, :write, :cas";
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return type == Type::kInvoke ? invoke(process, *kind, text) : end(process, type, *kind, text);
  }
  Log& log() { return log_; }

 private:
  static std::optional<Kind> kind_of(std::string_view word) {
    if (word == ":read") return Kind::kGet;
    if (word == ":write") return Kind::kSet;
    if (word == ":cas") return Kind::kCompareAndSet;
    return std::nullopt;
  }

  std::string invoke(std::uint32_t process, Kind kind, std::string_view value) {
    Operation o;
    o.kind = kind;
    if (kind == Kind::kSet) {
      if (!is_number(value)) return "a :write of " + quoted(value) + ", which is no number";
      o.value = value;
    } else if (kind == Kind::kCompareAndSet) {
      std::string_view from, to;
      if (!parse_pair(value, from, to)) return "a :cas of " + quoted(value) + ", which is no pair like [1 3]";
      o.expected = from;
      o.value = to;
    }
    return log_.invoked(process, "register", std::move(o));
  }

  std::string end(std::uint32_t process, Type type, Kind kind, std::string_view value) {
    Operation* o = log_.ended(process);
    if (!o || o->kind != kind)
      return "process " + std::to_string(process) + " ends what it did not begin (or began as something else)";
    if (type == Type::kOk && kind == Kind::kGet && value != "nil" && !is_number(value))
      return "a :read of " + quoted(value) + ", which is neither a number nor nil";
    if (type == Type::kOk) {
      log_.answered(*o);
      if (kind != Kind::kGet)
        o->observed.kind = Observed::Kind::kOk;
      else if (value == "nil")
        o->observed.kind = Observed::Kind::kNil;
      else
        o->observed = {Observed::Kind::kText, std::string(value), 0};
    } else if (type == Type::kFail && kind == Kind::kCompareAndSet && !value.starts_with(':')) {
      log_.answered(*o);
      o->observed.kind = Observed::Kind::kNil;
    } else {
      o->outcome = type == Type::kFail ? Operation::Outcome::kNotApplied : Operation::Outcome::kUnknown;
      o->error = value;
    }
    return {};
  }

  Log log_{sim::KeyState::missing()};
};

}  // namespace

std::expected<sim::Histories, sim::Unreadable> read_register_log(std::string_view text) {
  RegisterLog log;
  constexpr std::size_t kOperationBytes = 70;  // two lines, short ones
  log.log().expect(text.size() / kOperationBytes);
  return log.log().read(text, [&](std::string_view line) { return log.line(line); });
}

}  // namespace hc::lincheck
