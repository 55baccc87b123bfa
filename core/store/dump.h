// A value as bytes that stand for themselves, outside of any table, log or frame: its type (1 byte), the value as
// core/store/object.h has it written, a format (2 bytes) and a hash of all before (8). What is damaged, cut or from
// elsewhere (an RDB ends with a version below ours and another sum) is refused.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/store/slot_table.h"

namespace hc {

std::string dump(const SlotTable::Item& item);

struct Dumped {
  Bytes value;                     // of a string; borrows from what was given
  std::unique_ptr<Object> object;  // else
};
// What was dumped; nullopt: these bytes are not the whole of a dump. Total on any.
std::optional<Dumped> read_dump(Bytes bytes);

}  // namespace hc
