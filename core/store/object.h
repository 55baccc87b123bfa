// A value that is more than a row of bytes: what a table, a fill, a log and a digest need of it, whatever it is.
//
// A type of values is a class derived from Object, a number in ValueType, and a line in object.cc. Its commands read it
// through its class, and change it by edits: few bytes that say one change, with no clock and no chance left in them.
// The same edits make the same object on every member, compiler and machine. So what a command did is replicated as its
// edits; whole objects travel only where one begins, is copied, or is filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/bytes.h"

namespace hc {

enum class ValueType : std::uint8_t { kString = 0, kCuckooFilter = 1 };  // fixed for good: logs hold these numbers

inline constexpr ValueType kValueTypes[] = {ValueType::kString, ValueType::kCuckooFilter};
Bytes name_of(ValueType type);  // as TYPE says it

class Object {
 public:
  virtual ~Object() = default;

  virtual ValueType type() const = 0;
  virtual std::unique_ptr<Object> clone() const = 0;
  // Appends the whole of it.
  virtual void encode(std::string& out) const = 0;
  // False, and nothing has changed: these bytes are no edit of this type, or there is no room for it. Total on any.
  virtual bool change(Bytes edit) = 0;

  // These are asked before and after each change, and so must be cheap.
  virtual std::uint64_t digest() const = 0;  // of all that encode() says
  virtual std::size_t bytes() const = 0;     // what it takes (core/store/allocation.h)
};

// What encode() appended, as an object again; nullptr: no object of this type is encoded so. Total on any bytes.
std::unique_ptr<Object> decode_object(ValueType type, Bytes whole);

}  // namespace hc
