// Replies as RESP 2 and 3. The plain ones (OK, bulk, integer, nil) come first and are cheap; the rest is rare.
#include <charconv>

#include "io/resp.h"

namespace hc {
namespace {

using Kind = Reply::Kind;

// "<type><number>\r\n"
void put_number(char type, std::int64_t number, std::string& out) {
  char text[24];
  text[0] = type;
  char* const end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
  end[0] = '\r';
  end[1] = '\n';
  out.append(text, static_cast<std::size_t>(end + 2 - text));
}

void put_size(char type, std::size_t size, std::string& out) { put_number(type, static_cast<std::int64_t>(size), out); }

void put_bulk(Bytes bytes, std::string& out) {
  put_size('$', bytes.size(), out);
  out.append(bytes);
  out.append("\r\n", 2);
}

void put_line(char type, Bytes text, std::string& out) {
  out.push_back(type);
  const std::size_t at = out.size();
  out.append(text);
  for (std::size_t i = at; i < out.size(); ++i)
    if (out[i] == '\r' || out[i] == '\n') out[i] = ' ';
  out.append("\r\n", 2);
}

void put_items(char type, std::size_t count, const Reply& reply, int version, std::string& out) {
  put_size(type, count, out);
  for (const Reply& item : reply.items) write_reply(item, version, out);
}

void put_verbatim(Bytes text, std::string& out) {
  put_size('=', text.size() + 4, out);
  out.append("txt:");
  out.append(text);
  out.append("\r\n", 2);
}

}  // namespace

void write_bulk_header(std::size_t size, std::string& out) { put_size('$', size, out); }

void write_array_header(std::size_t count, std::string& out) { put_size('*', count, out); }

void write_reply(const Reply& reply, int version, std::string& out) {
  const bool three = version >= 3;
  switch (reply.kind) {
    case Kind::kNothing:
      return;
    case Kind::kSimple:
      return reply.text.view == "OK" ? void(out.append("+OK\r\n", 5)) : put_line('+', reply.text.view, out);
    case Kind::kBulk:
      return put_bulk(reply.text.view, out);
    case Kind::kInteger:
      return put_number(':', reply.integer, out);
    case Kind::kNil:
      return void(out.append(three ? "_\r\n" : "$-1\r\n"));
    case Kind::kError:
      return put_line('-', reply.text.view, out);
    case Kind::kNilArray:
      return void(out.append(three ? "_\r\n" : "*-1\r\n"));
    case Kind::kArray:
      return put_items('*', reply.items.size(), reply, version, out);
    case Kind::kMap:
      return put_items(three ? '%' : '*', three ? reply.items.size() / 2 : reply.items.size(), reply, version, out);
    case Kind::kSet:
      return put_items(three ? '~' : '*', reply.items.size(), reply, version, out);
    case Kind::kPush:
      return put_items(three ? '>' : '*', reply.items.size(), reply, version, out);
    case Kind::kSeries:
      for (const Reply& item : reply.items) write_reply(item, version, out);
      return;
    case Kind::kDouble:
      return three ? put_line(',', reply.text.view, out) : put_bulk(reply.text.view, out);
    case Kind::kVerbatim:
      return three ? put_verbatim(reply.text.view, out) : put_bulk(reply.text.view, out);
    case Kind::kEncoded:
      return void(out.append(reply.text.view));
  }
}

}  // namespace hc
