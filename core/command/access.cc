#include "core/command/access.h"

#include <cstdint>

#include "core/base/seam.h"

namespace hc::command {

void erase_expired(const Key& key, Execution& x) {
  if (HC_MUTANT(kExpiryNotReplicated)) return;  // hidden, but nobody is told
  erase(key, x);
  note(Notice::kExpired, key.name, x);
}

void erase_all_expired(Execution& x) {
  if (HC_MUTANT(kExpiryNotReplicated) || HC_MUTANT(kScanHidesWithoutDelete)) return;
  // A round that was begun earlier may have passed what is due now: then earliest_expiry() says so, and one more
  // follows.
  while (x.table.expiring() != 0 && x.now > x.table.earliest_expiry())
    x.table.sweep(x.now, SIZE_MAX, [&](const Item& item) {
      if (x.effects) x.effects->erase(item.key);
      note(Notice::kExpired, item.key, x);
    });
}

void erase_scanned(const Key& key, Execution& x) {
  if (HC_MUTANT(kScanHidesWithoutDelete)) return;
  erase_expired(key, x);
}

std::size_t count_visible(const Execution& x) {
  if (!HC_MUTANT(kExpiryNotReplicated) && !HC_MUTANT(kScanHidesWithoutDelete)) return x.table.size();
  std::size_t count = 0;
  std::uint64_t cursor = 0;
  do cursor = x.table.walk(cursor, [&](const Item& item) { count += is_visible(item, x) ? 1 : 0; });
  while (cursor != 0);
  return count;
}

}  // namespace hc::command

namespace hc {

bool expire_some(Execution& x, std::size_t budget) {
  if (HC_MUTANT(kExpiryNotReplicated)) return false;
  return x.table.sweep(x.now, budget, [&](const SlotTable::Item& item) {
    if (x.effects) x.effects->erase(item.key);
    command::note(Notice::kExpired, item.key, x);
  });
}

}  // namespace hc
