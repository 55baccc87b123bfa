// JSON objects as text, fields in the order in which they are put. Only what the HTTP interface answers with.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"

namespace hc {

class JsonWriter {
 public:
  // Text that is not UTF-8 loses what is not ASCII ('?' instead): encode it first.
  JsonWriter& text(Bytes name, Bytes value);
  JsonWriter& number(Bytes name, std::uint64_t value);
  JsonWriter& flag(Bytes name, bool value);
  JsonWriter& nothing(Bytes name);  // null
  JsonWriter& open(Bytes name);     // an object; its fields follow until close()
  JsonWriter& close();
  JsonWriter& real(Bytes name, double value);  // in the fewest digits that say it exactly; null if it is not finite
  JsonWriter& open_list(Bytes name);           // its items follow until close_list()
  JsonWriter& close_list();
  JsonWriter& open_item();  // an object in a list
  JsonWriter& open_list_item();
  JsonWriter& text_item(Bytes value);
  JsonWriter& number_item(std::uint64_t value);
  // The whole object. Requires: every open…() was closed.
  std::string end();

 private:
  void separate();
  void put_name(Bytes name);
  void put_text(Bytes text);
  std::string out_ = "{";
};

}  // namespace hc
