#include "io/store_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/json_string.h"
#include "io/text_codec.h"

namespace hc {
namespace {

constexpr Bytes kByteOrderMark = "\xef\xbb\xbf";

// Walks JSON that is known to be well formed, and lends pieces of its text.
class JsonText {
 public:
  explicit JsonText(Bytes text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  // What is next, blanks skipped; 0 at the end.
  char peek() {
    while (at_ < text_.size() && Bytes(" \t\r\n").contains(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip() { ++at_; }
  // The value that begins at what peek() showed.
  Bytes value() {
    const std::size_t begin = at_;
    const char first = text_[at_];
    if (first == '"') {
      pass_string();
    } else if (first == '{' || first == '[') {
      pass_nested();
    } else {
      while (at_ < text_.size() && !Bytes(" \t\r\n,]}").contains(text_[at_])) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void pass_string() { at_ = json_string_end(text_, at_); }
  void pass_nested() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        pass_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0);
  }
  Bytes text_;
  std::size_t at_ = 0;
};

// Strings are checked here; the rest, with "" in the place of each, by nlohmann-json.
bool is_json(Bytes body) {
  if (!is_utf8(body)) return false;
  std::string outline;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t quote = std::min(body.find('"', at), body.size());
    outline.append(body.substr(at, quote - at));
    if (quote == body.size()) break;
    at = json_string_end(body, quote);
    if (at == Bytes::npos || !is_json_string(body.substr(quote, at - quote))) return false;
    outline.append("\"\"");
  }
  return nlohmann::json::accept(outline);
}

// Requires: a string of text that is_json().
std::string string_of(Bytes quoted) { return *unquote_json(quoted); }

struct Fields {
  Bytes value, ttl, encoding;  // as they stand in the text; empty: not there
};

Fields fields_of(Bytes body) {
  JsonText json(body);
  Fields fields;
  json.peek();
  json.skip();
  while (json.peek() == '"') {
    const std::string name = string_of(json.value());
    json.peek();
    json.skip();  // ':'
    json.peek();
    const Bytes value = json.value();
    if (name == "value") fields.value = value;
    if (name == "ttl") fields.ttl = value;
    if (name == "encoding") fields.encoding = value;
    if (json.peek() == ',') json.skip();
  }
  return fields;
}

}  // namespace

bool is_ttl(Bytes text) {
  constexpr Bytes kMost = "9223372036854775807";
  if (text.empty() || text.size() > kMost.size() || text[0] == '0') return false;
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return text.size() < kMost.size() || text <= kMost;
}

std::expected<StoreBody, std::string> parse_store_body(Bytes body) {
  if (!is_json(body)) return std::unexpected("the body is not JSON (or not UTF-8)");
  if (JsonText(body).peek() != '{') return std::unexpected("the body must be a JSON object with a \"value\"");
  const Fields fields = fields_of(body);
  if (fields.value.empty()) return std::unexpected("the body has no \"value\"");
  StoreBody store;
  const bool text = fields.value[0] == '"';
  store.value = text ? string_of(fields.value) : std::string(fields.value);
  if (!fields.encoding.empty() && fields.encoding != "null") {
    const std::string encoding = fields.encoding[0] == '"' ? string_of(fields.encoding) : std::string();
    if (encoding != "base64" && encoding != "utf-8")
      return std::unexpected("\"encoding\" must be \"base64\" or \"utf-8\"");
    if (encoding == "base64") {
      auto bytes = text ? from_base64(store.value) : std::nullopt;
      if (!bytes) return std::unexpected("\"value\" is not base64 (RFC 4648, with padding)");
      store.value = std::move(*bytes);
    }
  }
  if (!fields.ttl.empty() && fields.ttl != "null") {
    if (!is_ttl(fields.ttl)) return std::unexpected("\"ttl\" must be a whole number of seconds, at least 1");
    store.ttl = std::string(fields.ttl);
  }
  return store;
}

}  // namespace hc
