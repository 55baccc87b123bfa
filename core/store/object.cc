#include "core/store/object.h"

#include "core/store/cuckoo_value.h"

namespace hc {
Bytes name_of(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kCuckooFilter:
      return "MBbloomCF";
  }
  return "unknown";
}

std::unique_ptr<Object> decode_object(ValueType type, Bytes whole) {
  switch (type) {
    case ValueType::kString:
      break;
    case ValueType::kCuckooFilter:
      return CuckooValue::decode(whole);
  }
  return nullptr;
}

}  // namespace hc
