// Keys with texts that grow, an EDN map per line: `{:process 9, :type :invoke, :f :append, :key "0", :value "x"}`.
#include <charconv>
#include <cstring>
#include <optional>

#include "tools/lincheck/log.h"
#include "tools/lincheck/read.h"

namespace hc::lincheck {
namespace {

using sim::Observed;
using sim::Operation;
using Kind = Operation::Kind;

// Takes the pieces of EDN from a line: strings, and words (numbers, keywords, nil). Commas are blanks.
class Edn {
 public:
  explicit Edn(std::string_view text) : text_(text) {}

  char peek() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == ',' || text_.front() == '\t'))
      text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  void skip() { text_.remove_prefix(1); }
  std::string_view word() {
    peek();
    std::size_t end = 0;
    while (end < text_.size() && !std::strchr(" ,\t{}[]()\"", text_[end])) ++end;
    const std::string_view w = text_.substr(0, end);
    text_.remove_prefix(end);
    return w;
  }
  // Requires: peek() is a quote. False: it never ends, or there is an escape that EDN does not have.
  bool string(std::string& out) {
    out.clear();
    skip();
    for (;;) {
      const std::size_t plain = text_.find_first_of("\"\\");
      if (plain == std::string_view::npos) return false;
      out += text_.substr(0, plain);
      text_.remove_prefix(plain);
      if (text_.front() == '"') return skip(), true;
      if (text_.size() < 2) return false;
      constexpr std::string_view kEscapes = "\"\\nrt", kMeant = "\"\\\n\r\t";
      const std::size_t which = kEscapes.find(text_[1]);
      if (which == std::string_view::npos) return false;
      out += kMeant[which];
      text_.remove_prefix(2);
    }
  }

 private:
  std::string_view text_;
};

struct Entry {
  std::optional<std::uint32_t> process;
  bool no_number = false;  // the process is one like :nemesis
  std::optional<Type> type;
  std::string f;
  std::optional<std::string> key, value;
};

class KeyValueLog {
 public:
  std::string line(std::string_view text) {
    Entry e;
    if (std::string wrong = parse(text, e); !wrong.empty()) return wrong;
    if (e.no_number) return {};
    if (!e.process) return "no :process";
    if (!e.type) return "no :type that is one of :invoke, :ok, :fail, :info";
    return *e.type == Type::kInvoke ? invoke(e) : end(e);
  }
  Log& log() { return log_; }

 private:
  static std::string parse(std::string_view text, Entry& e) {
    Edn edn(text);
    if (edn.peek() != '{') return "no map {:process … :type … :f … :key … :value …}";
    edn.skip();
    while (edn.peek() != '}') {
      const std::string_view name = edn.word();
      if (!name.starts_with(':'))
        return "a map's keys have to be keywords like :process, not \"" + std::string(name) + "\"";
      std::string string;
      std::string_view word;
      const bool quoted = edn.peek() == '"';
      if (quoted) {
        if (!edn.string(string))
          return "the text of " + std::string(name) + " has no end, or an escape that is unknown";
      } else {
        word = edn.word();
        if (word.empty()) return std::string(name) + " is neither a text nor a word";
      }
      if (std::string wrong = take(name, quoted, std::move(string), word, e); !wrong.empty()) return wrong;
    }
    return {};
  }

  static std::string take(std::string_view name, bool quoted, std::string string, std::string_view word, Entry& e) {
    if (name == ":process") {
      std::uint32_t process = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), process);
      if (word.starts_with(':'))
        e.no_number = true;
      else if (error != std::errc() || end != word.data() + word.size())
        return ":process " + std::string(word) + " is no number";
      else
        e.process = process;
    } else if (name == ":type") {
      Type type{};
      if (!parse_type(word, type)) return ":type " + std::string(word) + " is none of :invoke, :ok, :fail, :info";
      e.type = type;
    } else if (name == ":f") {
      e.f = word;
    } else if (name == ":key") {
      e.key = quoted ? std::move(string) : std::string(word);
    } else if (name == ":value" && quoted) {
      e.value = std::move(string);
    }
    return {};
  }

  static std::optional<Kind> kind_of(std::string_view f) {
    if (f == ":get") return Kind::kGet;
    if (f == ":put") return Kind::kSet;
    if (f == ":append") return Kind::kAppend;
    return std::nullopt;
  }

  std::string invoke(Entry& e) {
    const std::optional<Kind> kind = kind_of(e.f);
    if (!kind) return ":f " + e.f + " is none of :get, :put, :append";
    if (!e.key) return "no :key";
    if (*kind != Kind::kGet && !e.value) return e.f + " without a text as :value";
    Operation o;
    o.kind = *kind;
    if (*kind != Kind::kGet) o.value = *std::move(e.value);
    return log_.invoked(*e.process, *e.key, std::move(o));
  }

  std::string end(Entry& e) {
    Operation* o = log_.ended(*e.process);
    if (!o || o->kind != kind_of(e.f))
      return "process " + std::to_string(*e.process) + " ends what it did not begin (or began as something else)";
    if (*e.type != Type::kOk) {
      o->outcome = *e.type == Type::kFail ? Operation::Outcome::kNotApplied : Operation::Outcome::kUnknown;
      o->error = *e.type == Type::kFail ? ":fail" : ":info";
      return {};
    }
    log_.answered(*o);
    if (o->kind != Kind::kGet) {
      if (o->kind == Kind::kSet) o->observed.kind = Observed::Kind::kOk;
      return {};
    }
    if (!e.value) return ":get without a text as :value";
    o->observed = {Observed::Kind::kText, *std::move(e.value), 0};
    return {};
  }

  Log log_{sim::KeyState::present("", sim::kForever)};
};

}  // namespace

std::expected<sim::Histories, sim::Unreadable> read_key_value_log(std::string_view text) {
  KeyValueLog log;
  return log.log().read(text, [&](std::string_view line) { return log.line(line); });
}

}  // namespace hc::lincheck
