#include "core/agreement/recovery.h"

#include <algorithm>

#include "core/agreement/evidence.h"
#include "core/base/seam.h"

namespace hc {
namespace {

struct Disk {
  Incarnation by;
  DiskOffer offer;
};

// What the present process of that member says of the disk that `about` wrote; by none: nothing yet.
Disk disk_of(const View& now, Slot slot, Incarnation about, const std::vector<Report>& evidence) {
  for (const Report& r : evidence) {
    if (r.kind != ReportKind::kOffer || r.about != about || !now.names(r.by) || !counts_for(r, now, slot)) continue;
    if (r.by.member != about.member && !HC_MUTANT(kRecoverOutsideLastSet)) continue;
    const auto at = std::ranges::lower_bound(r.offers, slot, {}, &DiskOffer::slot);
    if (at == r.offers.end() || at->slot != slot) continue;
    Disk disk{r.by, *at};
    if (HC_MUTANT(kRecoverEmpty)) disk.offer.held = disk.offer.complete = true;
    return disk;
  }
  return {};
}

std::vector<Disk> disks(const View& now, Slot slot, const std::vector<Report>& evidence, bool& all) {
  std::vector<Disk> found;
  all = true;
  for (Incarnation about : now.config(slot).list) {
    const Disk disk = disk_of(now, slot, about, evidence);
    all = all && disk.by;
    if (disk.by && disk.offer.held) found.push_back(disk);
  }
  return found;
}

bool further(const DiskOffer& a, const DiskOffer& b) {
  return HC_MUTANT(kRecoverBySeq) ? a.at.seq > b.at.seq : a.at > b.at;
}

}  // namespace

bool may_recover(const View& now, Slot slot, Incarnation who, const std::vector<Report>& evidence) {
  bool all = false;
  const std::vector<Disk> found = disks(now, slot, evidence, all);
  const auto own = std::ranges::find(found, who, &Disk::by);
  if (own == found.end()) return false;
  if (own->offer.complete) return true;
  return all && std::ranges::none_of(found, [&](const Disk& d) { return further(d.offer, own->offer); });
}

Incarnation recovers(const View& now, Slot slot, const std::vector<Report>& evidence,
                     const std::function<bool(Incarnation)>& lives) {
  bool all = false;
  const Disk* best = nullptr;
  const std::vector<Disk> found = disks(now, slot, evidence, all);
  for (const Disk& d : found)
    if (lives(d.by) && may_recover(now, slot, d.by, evidence) && (!best || further(d.offer, best->offer))) best = &d;
  return best ? best->by : Incarnation{};
}

bool nothing_on_disk(const View& now, Slot slot, const std::vector<Report>& evidence) {
  return std::ranges::all_of(now.config(slot).list, [&](Incarnation about) {
    const ViewMember* m = now.member(about.member);
    if (!m || !m->info.keeps_log) return true;
    const Disk disk = disk_of(now, slot, about, evidence);
    return disk.by && !disk.offer.held;
  });
}

bool loss_accepted(const View& now, Slot slot, const std::vector<Report>& evidence) {
  if (HC_MUTANT(kLossWithoutWord)) return true;
  return std::ranges::any_of(evidence, [&](const Report& r) {
    return r.kind == ReportKind::kAcceptLoss && r.by == r.about && now.names(r.by) && counts_for(r, now, slot);
  });
}

bool may_go_on(const View& now, Slot slot, Incarnation who, const std::vector<Report>& evidence) {
  if (!now.names(who) || now.config(slot).list.names(who)) return false;
  if (!loss_accepted(now, slot, evidence)) return false;
  bool all = false;
  const std::vector<Disk> found = disks(now, slot, evidence, all);
  if (found.empty() || HC_MUTANT(kResetDiscardsSurvivor)) return true;
  const auto own = std::ranges::find(found, who, &Disk::by);
  return own != found.end() && std::ranges::none_of(found, [&](const Disk& d) { return further(d.offer, own->offer); });
}

bool may_offer_yet(const View& now, Slot slot, const std::vector<Report>& evidence,
                   const std::function<bool(Incarnation)>& lives) {
  return std::ranges::any_of(now.config(slot).list, [&](Incarnation about) {
    const ViewMember* m = now.member(about.member);
    const bool back = m && m->info.generation != about.generation && m->info.keeps_log;
    return back && lives({about.member, m->info.generation}) && !disk_of(now, slot, about, evidence).by;
  });
}

}  // namespace hc
