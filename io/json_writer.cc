#include "io/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "io/text_codec.h"

namespace hc {
namespace {

constexpr Bytes kHex = "0123456789abcdef";

void put_escaped(unsigned char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void JsonWriter::put_text(Bytes text) {
  const bool valid = is_utf8(text);
  out_ += '"';
  std::size_t plain = 0;  // where what is to be copied as it is begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && (valid || c < 0x80)) continue;
    out_.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c < 0x80)
      put_escaped(c, out_);
    else
      out_ += '?';
  }
  out_.append(text.substr(plain));
  out_ += '"';
}

void JsonWriter::separate() {
  if (out_.back() != '{' && out_.back() != '[') out_ += ',';
}

void JsonWriter::put_name(Bytes name) {
  separate();
  put_text(name);
  out_ += ':';
}

JsonWriter& JsonWriter::text(Bytes name, Bytes value) {
  put_name(name);
  put_text(value);
  return *this;
}
JsonWriter& JsonWriter::number(Bytes name, std::uint64_t value) {
  put_name(name);
  out_ += std::to_string(value);
  return *this;
}
JsonWriter& JsonWriter::flag(Bytes name, bool value) {
  put_name(name);
  out_ += value ? "true" : "false";
  return *this;
}
JsonWriter& JsonWriter::nothing(Bytes name) {
  put_name(name);
  out_ += "null";
  return *this;
}
JsonWriter& JsonWriter::open(Bytes name) {
  put_name(name);
  out_ += '{';
  return *this;
}
JsonWriter& JsonWriter::close() {
  out_ += '}';
  return *this;
}
JsonWriter& JsonWriter::real(Bytes name, double value) {
  put_name(name);
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  out_ += std::isfinite(value) ? std::string_view(digits.begin(), end) : "null";
  return *this;
}
JsonWriter& JsonWriter::open_list(Bytes name) {
  put_name(name);
  out_ += '[';
  return *this;
}
JsonWriter& JsonWriter::close_list() {
  out_ += ']';
  return *this;
}
JsonWriter& JsonWriter::open_item() {
  separate();
  out_ += '{';
  return *this;
}
JsonWriter& JsonWriter::open_list_item() {
  separate();
  out_ += '[';
  return *this;
}
JsonWriter& JsonWriter::text_item(Bytes value) {
  separate();
  put_text(value);
  return *this;
}
JsonWriter& JsonWriter::number_item(std::uint64_t value) {
  separate();
  out_ += std::to_string(value);
  return *this;
}
std::string JsonWriter::end() {
  close();
  return std::move(out_);
}

}  // namespace hc
