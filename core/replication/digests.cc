// Rule 10: are the replicas of a slot the same? Its primary says, a few slots at a time, which digest the content has
// at which position; who follows it compares, where it is at the very same one. Nobody is put out of a list for it: a
// digest says that two differ, and not which one is right.
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr Duration kEvery = 1s;
constexpr std::size_t kSlotsAtOnce = 1024;  // all 16384 slots of one primary in 16 s, some 20 KB each time
constexpr std::size_t kLooksAtOnce = 8192;

}  // namespace

// Right behind the entries of this turn, so that who gets it is where we are, unless an entry is held up.
void Replication::tell_digests(Time now) {
  if (!digests_due(now)) return;
  digests_at_ = now + kEvery;
  std::map<NodeId, Digests> to;
  std::size_t told = 0;
  const std::size_t most = std::min(kLooksAtOnce, replicas_.size());
  for (std::size_t looked = 0; looked < most && told < kSlotsAtOnce; ++looked) {
    digest_from_ = (digest_from_ + 1) % replicas_.size();
    const Replica& r = replicas_[digest_from_];
    if (!r.lead || r.lead->stage != Stage::kServing) continue;
    bool any = false;
    for (const Target& t : r.lead->targets) {
      if (!t.listed || t.sent != r.at.seq || peers_.process(t.who.member) != t.who.generation) continue;
      to[t.who.member].slots.push_back({slot_number(digest_from_), r.epoch, r.at, r.table.digest()});
      any = true;
    }
    told += any ? 1 : 0;
  }
  for (auto& [member, digests] : to) peers_.send(member, std::move(digests));
}

void Replication::handle(Incarnation from, const Digests& m) {
  if (HC_MUTANT(kDigestsNotCompared)) return;
  for (const Digests::One& one : m.slots) {
    if (one.slot.value >= replicas_.size()) continue;
    const Replica& r = replicas_[one.slot.value];
    if (r.lead || !r.listed || r.epoch != one.slot_epoch || from != r.primary) continue;
    if (r.at != one.at && !HC_MUTANT(kDigestOfAnotherPosition)) continue;
    ++counters_.digests_compared;
    if (r.table.digest() == one.digest) {
      differing_.remove(one.slot);
      continue;
    }
    ++counters_.digest_mismatches;
    if (differing_.has(one.slot)) continue;  // it has been said
    differing_.add(one.slot);
    differences_.push_back({one.slot, from, r.at, one.digest, r.table.digest()});
  }
}

}  // namespace hc
