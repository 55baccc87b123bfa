#include "tests/command/harness.h"

#include <map>

#include "core/command/gather.h"

namespace hc::test {
namespace {

int hex_digit(char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; }

std::string unescape(Bytes text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\x" && i + 3 < text.size()) {
      out += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string escape(Bytes text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 32 && byte < 127 && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::map<std::string, std::pair<std::string, WallTime>> content(const SlotTable& table) {
  std::map<std::string, std::pair<std::string, WallTime>> result;
  std::uint64_t cursor = 0;
  do
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      std::string value(item.value);
      if (item.object) item.object->encode(value += name_of(item.type()));
      result[std::string(item.key)] = {value, item.expiry};
    });
  while (cursor != 0);
  return result;
}

Reply run_on_table(const CommandSpec& spec, Args args, Execution& x) {
  if (auto refusal = refuse_scatter(spec, args)) return *refusal;
  Reply reply = execute(spec, args, x);
  if (spec.route == Route::kEverySlot)
    return finish_slots(spec, merge_slots(spec, merge_start(spec), std::move(reply), x.random));
  if (spec.route == Route::kScan) {
    const std::uint64_t next = inner_cursor(reply);
    return finish_scan(next, std::move(reply));
  }
  return reply;
}

}  // namespace

std::vector<std::string> words_of(Bytes line) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ' ') {
      ++i;
      continue;
    }
    const bool quoted = line[i] == '"';
    const std::size_t begin = i + (quoted ? 1 : 0);
    const std::size_t end = std::min(line.find(quoted ? '"' : ' ', begin), line.size());
    words.push_back(unescape(line.substr(begin, end - begin)));
    i = end + (quoted ? 1 : 0);
  }
  return words;
}

std::string text_of(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kNothing:
      return "nothing";
    case Reply::Kind::kSimple:
      return "+" + escape(reply.text.view);
    case Reply::Kind::kError:
      return "-" + escape(reply.text.view);
    case Reply::Kind::kInteger:
      return ":" + std::to_string(reply.integer);
    case Reply::Kind::kNil:
    case Reply::Kind::kNilArray:
      return "nil";
    case Reply::Kind::kBulk:
    case Reply::Kind::kDouble:
    case Reply::Kind::kVerbatim:
      return "\"" + escape(reply.text.view) + "\"";
    default:
      break;
  }
  std::string out = "[";
  for (const Reply& item : reply.items) out += (out.size() > 1 ? ", " : "") + text_of(item);
  return out + "]";
}

std::string Harness::run(Bytes line) { return run_words(words_of(line)); }

std::string Harness::run_words(const std::vector<std::string>& words) {
  const std::vector<Bytes> args(words.begin(), words.end());
  effects.clear();
  const CommandSpec* spec = find_command(args[0]);
  if (const auto refusal = refuse(spec, args)) return text_of(*refusal);
  if (spec->route == Route::kNode) return text_of(execute_local(*spec, args, now));
  if (spec->route == Route::kConnection) return "answered by the host";
  if (spec->route == Route::kLog) return "answered by core/durability";
  if (spec->route == Route::kBus) return "answered by core/events";
  EffectWriter writer;
  NoticeWriter noted(*parse_notices("Amn"));
  Execution x = execution(&writer);
  x.notices = &noted;
  x.reads = spec->tells_misses();
  std::string text = text_of(run_on_table(*spec, args, x));
  const std::string encoded = writer.take();
  notices.clear();
  for (const Noticed& n : noted.take())
    notices += (notices.empty() ? "" : ", ") + std::string(info_of(n.what).name) + " " + n.key;
  for_each_effect(encoded, [&](const StoreEffect& effect) { effects.push_back(describe(effect)); });
  replicas_agree &= hc::apply(encoded, replica) && same_content(table, replica);
  return text;
}

bool same_content(const SlotTable& a, const SlotTable& b) {
  return a.size() == b.size() && a.digest() == b.digest() && a.expiring() == b.expiring() && content(a) == content(b);
}

}  // namespace hc::test
