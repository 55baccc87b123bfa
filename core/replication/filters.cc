// Filters over the keys of slots: each slot has one as soon as it has a key, if the operator wants them. They are a
// matter of this member alone: nothing of them is replicated, logged or sent, for each is made of its table.
#include "core/base/seam.h"
#include "core/replication/replication.h"
#include "core/store/key_filter.h"

namespace hc {
namespace {

constexpr std::size_t kKeysAtOnce = 2000;  // about, between commands
constexpr Duration kMoreSoon = 1ms;

}  // namespace

// What has keys already is gone through in the background.
void Replication::filter_keys(std::uint32_t rate_ppm) {
  key_filter_ppm_ = rate_ppm;
  filter_slot_ = 0;
  filter_at_ = Time{};
}

void Replication::fit_filter(Replica& r) {
  const std::uint32_t has = r.table.filter_ppm();
  if (has == 0 && r.table.size() == 0) return;
  if (has == key_filter_ppm_ && (has == 0 || !HC_BUGGIFY(kFilterAnew))) return;
  r.table.filter_keys(key_filter_ppm_);
}

void Replication::fit_filters(Time now) {
  for (std::size_t looked = 0; looked < kKeysAtOnce && filter_slot_ < replicas_.size(); ++filter_slot_) {
    Replica& r = replicas_[filter_slot_];
    looked += 1 + r.table.size();
    account(r);
  }
  filter_at_.reset();
  if (filter_slot_ < replicas_.size()) filter_at_ = now + kMoreSoon;
}

}  // namespace hc
