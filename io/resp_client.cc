#include "io/resp_client.h"

#include <algorithm>
#include <charconv>

#include "io/resp.h"

namespace hc {
namespace {

constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;
constexpr std::int64_t kItemsReserved = 1024;  // before they came

bool number_in(Bytes text, std::int64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

void put_command(const Bytes* args, std::size_t count, std::string& out) {
  out.push_back('*');
  out += std::to_string(count);
  out += "\r\n";
  for (std::size_t i = 0; i < count; ++i) {
    write_bulk_header(args[i].size(), out);
    out.append(args[i]);
    out += "\r\n";
  }
}

}  // namespace

void write_command(std::span<const Bytes> args, std::string& out) { put_command(args.data(), args.size(), out); }
void write_command(std::initializer_list<Bytes> args, std::string& out) { put_command(args.begin(), args.size(), out); }

RespReplyParser::Outcome RespReplyParser::next(Bytes buffer, std::size_t& consumed, Reply& reply) {
  consumed = 0;
  if (!error_.empty()) return Outcome::kError;
  for (;;) {
    Reply item;
    switch (step(buffer, consumed, item)) {
      case Step::kNeedMore:
        return Outcome::kNeedMore;
      case Step::kError:
        return Outcome::kError;
      case Step::kOpened:
        break;
      case Step::kItem:
        was_push_ = was_push_ && open_.empty();
        if (!close(item)) break;
        reply = std::move(item);
        return Outcome::kReply;
    }
  }
}

RespReplyParser::Step RespReplyParser::fail(std::string what) {
  error_ = std::move(what);
  return Step::kError;
}

// Reads one item, or the head of an aggregate, at buffer[at]; moves `at` behind it if it is whole.
RespReplyParser::Step RespReplyParser::step(Bytes buffer, std::size_t& at, Reply& item) {
  const std::size_t end = buffer.find('\n', at);
  if (end == Bytes::npos) {
    return buffer.size() - at > kLineBytesMax ? fail("a line without an end in a reply") : Step::kNeedMore;
  }
  if (end < at + 2 || buffer[end - 1] != '\r') return fail("a reply's line must be a type, a text and CR LF");
  const char type = buffer[at];
  const Bytes line = buffer.substr(at + 1, end - at - 2);
  std::int64_t size = 0;
  was_push_ = false;
  if (type != '$' && type != '=' && type != '!') {
    at = end + 1;
    return line_item(type, line, item);
  }
  if (!number_in(line, size) || size < -1 || size > kBulkBytesMax) return fail("invalid bulk length in a reply");
  if (size == -1) {
    at = end + 1;
    item = Reply::nil();
    return Step::kItem;
  }
  const auto bytes = static_cast<std::size_t>(size);
  if (buffer.size() < end + 1 + bytes + 2) return Step::kNeedMore;
  if (buffer.substr(end + 1 + bytes, 2) != "\r\n") return fail("a bulk in a reply does not end in CR LF");
  Bytes text = buffer.substr(end + 1, bytes);
  if (type == '=' && bytes < 4) return fail("a verbatim text in a reply has no format");
  if (type == '=') text.remove_prefix(4);
  const auto kind = type == '$' ? Reply::Kind::kBulk : type == '=' ? Reply::Kind::kVerbatim : Reply::Kind::kError;
  item = Reply::of(kind, Text::copy_of(text));
  at = end + 1 + bytes + 2;
  return Step::kItem;
}

RespReplyParser::Step RespReplyParser::line_item(char type, Bytes line, Reply& item) {
  std::int64_t number = 0;
  switch (type) {
    case '+':
    case '(':
      item = Reply::of(Reply::Kind::kSimple, Text::copy_of(line));
      return Step::kItem;
    case '-':
      item = Reply::of(Reply::Kind::kError, Text::copy_of(line));
      return Step::kItem;
    case ',':
      item = Reply::of(Reply::Kind::kDouble, Text::copy_of(line));
      return Step::kItem;
    case '_':
      item = Reply::nil();
      return Step::kItem;
    case '#':
      if (line != "t" && line != "f") return fail("a boolean in a reply must be t or f");
      item = Reply::number(line == "t" ? 1 : 0);
      return Step::kItem;
    default:
      break;
  }
  if (!number_in(line, number)) return fail(std::string("invalid number after '") + type + "' in a reply");
  switch (type) {
    case ':':
      item = Reply::number(number);
      return Step::kItem;
    case '*':
      return open(Reply::Kind::kArray, number, false, false, item);
    case '>':
      return open(Reply::Kind::kArray, number, false, true, item);
    case '~':
      return open(Reply::Kind::kSet, number, false, false, item);
    case '%':
    case '|':
      if (number < 0 || number > kItemsMax / 2) return fail("invalid length of a map in a reply");
      return open(Reply::Kind::kMap, number * 2, type == '|', false, item);
    default:
      return fail(std::string("unknown type '") + type + "' in a reply");
  }
}

RespReplyParser::Step RespReplyParser::open(Reply::Kind kind, std::int64_t items, bool attribute, bool push,
                                            Reply& item) {
  item.kind = kind;
  if (items == -1 && kind == Reply::Kind::kArray) item.kind = Reply::Kind::kNilArray;
  if (items < -1 || items > kItemsMax) return fail("invalid length of an aggregate in a reply");
  if (items <= 0 && attribute) return Step::kOpened;
  if (items <= 0) {
    was_push_ = push;
    return Step::kItem;
  }
  if (open_.size() == kDepthMax) return fail("a reply nests too deeply");
  item.items.reserve(static_cast<std::size_t>(std::min(items, kItemsReserved)));
  open_.push_back({std::move(item), items, attribute, push});
  return Step::kOpened;
}

bool RespReplyParser::close(Reply& item) {
  while (!open_.empty()) {
    Open& top = open_.back();
    top.reply.items.push_back(std::move(item));
    if (--top.missing > 0) return false;
    const bool attribute = top.attribute;
    was_push_ = top.push;
    item = std::move(top.reply);
    open_.pop_back();
    if (attribute) return false;
  }
  return true;
}

}  // namespace hc
