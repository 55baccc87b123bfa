// FILTER.CHECK: what the filter over a slot's keys says of a key, beside the truth. Behind GET /api/filter/check/{key}.
#include "core/store/key_filter.h"

#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

// 1: it may be there; 0: it is not; -1: there are no filters here. A table without any has no key yet, or too many.
std::int64_t filter_says(const Key& key, const Execution& x) {
  if (!x.filters_keys) return -1;
  return x.table.size() != 0 && x.table.filter_has(key.hash) ? 1 : 0;
}

}  // namespace

// FILTER.CHECK key: [what the filter says, whether the key is there].
Reply filter_check(Args args, Execution& x) {
  const Key key(args[1]);
  const bool there = alive(x.table.find_past_filter(key.name, key.hash), key, x).has_value();
  std::vector<Reply> items;
  items.push_back(Reply::number(filter_says(key, x)));
  items.push_back(Reply::number(there ? 1 : 0));
  return Reply::array(std::move(items));
}

}  // namespace hc::command
