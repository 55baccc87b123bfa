// Builds a Ring: puts virtual nodes on the circle, then gives each slot its holders, then chooses primaries.
// Integers only, and every choice has a total order (position, then member id), so the result is the same everywhere.
#include "core/view/ring.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"

namespace hc {
namespace {

using MemberIndex = std::uint32_t;  // into the members sorted by id
using Rank = std::uint32_t;         // of a slot in ring_order
constexpr MemberIndex kNobody = std::numeric_limits<MemberIndex>::max();

// More make shares more even, and joins at a hundred members calmer (with 512, one in some 4000 moves more than 1.2 ×
// the mean there); fewer make longer runs of neighbours that share their owners.
constexpr std::uint32_t kVirtualNodesMax = 1024;
constexpr std::uint32_t kVirtualNodesMin = 16;  // with few slots fewer do, and build() is quick
constexpr std::uint32_t kPointsPerDigest = 4;
constexpr std::uint32_t kSlotsMax = 65536;
constexpr std::size_t kRingsKept = 4;
// In percent.
constexpr std::uint64_t kOverMean = 110;
constexpr std::uint64_t kOverShare = 105;  // of a share that labels force: so their peak stays close to what must be

class Sha256 {
 public:
  using Digest = std::array<std::uint64_t, 4>;  // big-endian words

  Digest of(std::string_view bytes) {
    std::array<unsigned char, 32> raw{};
    unsigned size = 0;
    const bool ok = EVP_DigestInit_ex(context_.get(), type_.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context_.get(), raw.data(), &size) == 1;
    HC_CHECK(ok && size == raw.size(), "libcrypto has no SHA-256");
    Digest digest{};
    for (std::size_t i = 0; i < raw.size(); ++i) digest[i / 8] = digest[i / 8] << 8 | raw[i];
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* type) const { EVP_MD_free(type); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
  std::unique_ptr<EVP_MD, Free> type_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
};

Sha256& sha256() {
  static thread_local Sha256 instance;  // only scratch space: the same answer with or without it
  return instance;
}

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift & 0xff));
  return bytes;
}

struct Point {
  std::uint64_t position;  // notch in the upper half, place within the notch in the lower
  MemberIndex member;
  auto operator<=>(const Point&) const = default;
};

// The virtual nodes of all members in the order of the circle. The slot of rank r stands at the beginning of notch r.
// A digest serves four virtual nodes. The i-th of a member stands in a notch by its hash, and within that notch in the
// i-th part of as many parts as it has virtual nodes: the lower i, the nearer behind its slot.
std::vector<Point> points_of(const std::vector<RingMember>& members, std::uint32_t slots) {
  const std::uint32_t count = std::clamp(slots, kVirtualNodesMin, kVirtualNodesMax);
  std::vector<Point> points;
  points.reserve(members.size() * count);
  Sha256::Digest digest{};
  for (MemberIndex m = 0; m < members.size(); ++m) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i % kPointsPerDigest == 0) digest = sha256().of(members[m].name + big_endian(i / kPointsPerDigest));
      const std::uint64_t upper = digest[i % kPointsPerDigest] >> 32;
      const std::uint64_t lower = digest[i % kPointsPerDigest] & 0xffffffff;
      const std::uint64_t notch = upper * slots >> 32;
      const std::uint64_t within = (std::uint64_t{i} << 32 | lower) / count;
      points.push_back({notch << 32 | within, m});
    }
  }
  std::sort(points.begin(), points.end());
  return points;
}

// Members in the order in which one meets them walking clockwise from a slot, found only as far as asked for.
class Clockwise {
 public:
  Clockwise(const std::vector<Point>& points, std::size_t members) : points_(points), met_in_(members, 0) {}

  void start_at(Rank rank) {
    const Point from{std::uint64_t{rank} << 32, 0};
    next_ = static_cast<std::size_t>(std::lower_bound(points_.begin(), points_.end(), from) - points_.begin());
    order_.clear();
    ++walk_;
  }
  // The k-th member met; kNobody after the last.
  MemberIndex at(std::size_t k) {
    if (k >= met_in_.size()) return kNobody;
    while (order_.size() <= k) {
      if (next_ == points_.size()) next_ = 0;
      const MemberIndex m = points_[next_++].member;
      if (met_in_[m] != walk_) {
        met_in_[m] = walk_;
        order_.push_back(m);
      }
    }
    return order_[k];
  }

 private:
  const std::vector<Point>& points_;
  std::vector<std::uint32_t> met_in_;  // the walk in which a member was last met
  std::vector<MemberIndex> order_;
  std::size_t next_ = 0;
  std::uint32_t walk_ = 0;
};

// percent / 100 × total / parts: rounded down, but up where total / parts is below ten.
std::uint64_t bound(std::uint64_t percent, std::uint64_t total, std::uint64_t parts) {
  const std::uint64_t round = total >= parts * 10 ? 0 : parts * 100 - 1;
  return (total * percent + round) / (parts * 100);
}

// How much of something each member has, and may have.
class Room {
 public:
  explicit Room(std::vector<std::uint64_t> limits) : limit_(std::move(limits)), load_(limit_.size(), 0) {}
  bool has(MemberIndex m) const { return load_[m] < limit_[m]; }
  void take(MemberIndex m) { ++load_[m]; }
  void give_back(MemberIndex m) { --load_[m]; }
  void raise(MemberIndex m) { limit_[m] += std::max<std::uint64_t>(1, limit_[m] / 16); }

 private:
  std::vector<std::uint64_t> limit_, load_;
};

// Where members stand: a number for each distinct host and zone.
struct Labels {
  std::vector<std::uint32_t> host, zone;  // by member
  std::uint32_t hosts = 0, zones = 0;

  explicit Labels(const std::vector<RingMember>& members) {
    std::map<std::string_view, std::uint32_t> known_hosts, known_zones;
    for (const RingMember& m : members) {
      const bool alone = m.host.empty();
      const std::uint32_t number = alone ? hosts : known_hosts.try_emplace(m.host, hosts).first->second;
      host.push_back(number);
      hosts += number == hosts;
      zone.push_back(known_zones.try_emplace(m.zone, zones).first->second);
      zones += zone.back() == zones;
    }
  }
};

// The most even shares of all copies that the spread permits: a zone (host) holds at most one copy of a slot if there
// are as many zones (hosts) as copies, and at least one if there are fewer. Water filling: all members rise together
// until their host or zone is at a bound. Without labels everybody's share is the mean.
class FairShares {
 public:
  FairShares(const Labels& labels, std::uint64_t copies, std::uint64_t slots)
      : host_of_(labels.host), hosts_(labels.hosts), zones_(labels.zones), unit_(labels.host.size()) {
    for (MemberIndex m = 0; m < labels.host.size(); ++m) {
      Host& host = hosts_[labels.host[m]];
      if (host.members++ == 0) zones_[host.zone = labels.zone[m]].hosts.push_back(labels.host[m]);
    }
    const std::uint64_t one_each = slots * unit_;
    for (Host& host : hosts_)
      host.bounds = copies <= hosts_.size() ? Bounds{0, one_each} : Bounds{one_each, one_each * host.members};
    for (Zone& zone : zones_) zone.bounds = copies <= zones_.size() ? Bounds{0, one_each} : Bounds{one_each, ~0ull};
    const std::uint64_t level = level_for(copies * one_each, one_each, [this](std::uint64_t at) {
      std::uint64_t sum = 0;
      for (const Zone& zone : zones_) sum += zone.bounds.clamp(load(zone, at));
      return sum;
    });
    for (Zone& zone : zones_)
      zone.level =
          level_for(zone.bounds.clamp(load(zone, level)), one_each, [&](std::uint64_t at) { return load(zone, at); });
  }

  // In slots / unit().
  std::uint64_t of(MemberIndex m) const {
    const Host& host = hosts_[host_of_[m]];
    return load(host, zones_[host.zone].level) / host.members;
  }
  std::uint64_t unit() const { return unit_; }

 private:
  struct Bounds {
    std::uint64_t low = 0, high = 0;
    std::uint64_t clamp(std::uint64_t x) const { return std::clamp(x, low, high); }
  };
  struct Host {
    std::uint64_t members = 0;
    std::uint32_t zone = 0;
    Bounds bounds;
  };
  struct Zone {
    std::vector<std::uint32_t> hosts;
    Bounds bounds;
    std::uint64_t level = 0;  // the share of its members whose host is not at a bound
  };

  static std::uint64_t load(const Host& host, std::uint64_t level) { return host.bounds.clamp(level * host.members); }
  std::uint64_t load(const Zone& zone, std::uint64_t level) const {
    std::uint64_t sum = 0;
    for (const std::uint32_t host : zone.hosts) sum += load(hosts_[host], level);
    return sum;
  }
  // The lowest level, `high` at most, at which `load_at` reaches `wanted`.
  template <class LoadAt>
  static std::uint64_t level_for(std::uint64_t wanted, std::uint64_t high, LoadAt load_at) {
    std::uint64_t low = 0;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      if (load_at(middle) < wanted)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  const std::vector<std::uint32_t>& host_of_;
  std::vector<Host> hosts_;
  std::vector<Zone> zones_;
  std::uint64_t unit_;
};

// kOverMean of the mean; where labels force a greater share, some room above that, lest a join send copies astray.
std::vector<std::uint64_t> holding_limits(const Labels& labels, std::uint64_t copies, std::uint64_t slots) {
  const FairShares shares(labels, copies, slots);
  std::vector<std::uint64_t> limits;
  for (MemberIndex m = 0; m < labels.host.size(); ++m)
    limits.push_back(
        std::max(bound(kOverMean, copies * slots, labels.host.size()), bound(kOverShare, shares.of(m), shares.unit())));
  return limits;
}

// What a holder adds to the others: distinct zones count most, then distinct hosts.
enum class Spread { kSameHost, kNewHost, kNewZone };

class Placement {
 public:
  Placement(const std::vector<RingMember>& members, std::uint32_t width, std::uint32_t slots)
      : members_(members.size()),
        width_(width),
        slots_(slots),
        labels_(members),
        points_(points_of(members, slots)),
        walk_(points_, members.size()),
        holding_(holding_limits(labels_, width, slots)),
        leading_(std::vector<std::uint64_t>(members.size(), bound(kOverMean, slots, members.size()))) {
    holders_.reserve(std::size_t{slots} * width);
  }

  void place_holders() {
    for (Rank rank = 0; rank < slots_; ++rank) {
      walk_.start_at(rank);
      for (std::uint32_t seat = 0; seat < width_; ++seat) {
        const MemberIndex m = pick(rank);
        holding_.take(m);
        holders_.push_back(m);
      }
    }
  }

  void choose_primaries() {
    for (Rank rank = 0; rank < slots_; ++rank) {
      const std::span<MemberIndex> holders = of(rank);
      auto leader = std::ranges::find_if(holders, [this](MemberIndex m) { return leading_.has(m); });
      if (leader == holders.end()) leader = with_lead_freed(rank);
      leading_.take(*leader);
      std::rotate(holders.begin(), leader, leader + 1);
    }
  }

  // The first clockwise of those who would add the best spread to the holders; kNobody if all members hold the slot.
  MemberIndex next_after(Rank rank) {
    walk_.start_at(rank);
    const std::span<const MemberIndex> holders = of(rank);
    const Spread hoped = best_spread(holders);
    MemberIndex next = kNobody;
    Spread best = Spread::kSameHost;
    for (std::size_t k = 0; k < members_ && (next == kNobody || best < hoped); ++k) {
      const MemberIndex m = walk_.at(k);
      if (contains(holders, m)) continue;
      const Spread spread = spread_of(m, holders);
      if (next != kNobody && spread <= best) continue;
      best = spread;
      next = m;
    }
    return next;
  }

  // The holders of a slot; of the one being placed, those it has so far.
  std::span<MemberIndex> of(Rank rank) {
    const std::size_t begin = std::size_t{rank} * width_;
    return std::span(holders_).subspan(begin, std::min<std::size_t>(width_, holders_.size() - begin));
  }

 private:
  static constexpr Rank kReach = 4096;  // how far back an exchange looks: bounds the work

  MemberIndex pick(Rank rank) {
    for (;;) {
      const MemberIndex found = first_with_room(of(rank));
      if (found != kNobody) return found;
      for (const MemberIndex m : full_)
        if (freed_by_exchange(rank, m)) return m;
      for (const MemberIndex m : full_) holding_.raise(m);
    }
  }

  // The first with room clockwise among those who add the best spread that anybody still adds. If there is none, these
  // are in full_.
  MemberIndex first_with_room(std::span<const MemberIndex> taken) {
    const Spread hoped = best_spread(taken);
    Spread best = Spread::kSameHost;
    MemberIndex found = kNobody;
    full_.clear();
    for (std::size_t k = 0; k < members_ && (found == kNobody || best < hoped); ++k) {
      const MemberIndex m = walk_.at(k);
      if (contains(taken, m)) continue;
      const Spread spread = spread_of(m, taken);
      if (spread < best) continue;
      if (spread > best) {
        best = spread;
        found = kNobody;
        full_.clear();
      }
      if (!holding_.has(m))
        full_.push_back(m);
      else if (found == kNobody)
        found = m;
    }
    return found;
  }

  // What the best next holder could add.
  Spread best_spread(std::span<const MemberIndex> taken) const {
    std::uint32_t hosts = 0, zones = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const Spread spread = spread_of(taken[i], taken.first(i));
      hosts += spread != Spread::kSameHost;
      zones += spread == Spread::kNewZone;
    }
    if (zones < labels_.zones) return Spread::kNewZone;
    return hosts < labels_.hosts ? Spread::kNewHost : Spread::kSameHost;
  }

  Spread spread_of(MemberIndex m, std::span<const MemberIndex> others, MemberIndex except = kNobody) const {
    bool new_host = true, new_zone = true;
    for (const MemberIndex other : others) {
      if (other == except) continue;
      new_host = new_host && labels_.host[m] != labels_.host[other];
      new_zone = new_zone && labels_.zone[m] != labels_.zone[other];
    }
    if (!new_host) return Spread::kSameHost;
    return new_zone ? Spread::kNewZone : Spread::kNewHost;
  }

  // Frees one place of the full member `m`: the nearest earlier slot that holds it takes another with room instead.
  bool freed_by_exchange(Rank rank, MemberIndex m) {
    for (Rank back = 1; back <= std::min(rank, kReach); ++back) {
      const std::span<MemberIndex> holders = of(rank - back);
      const auto place = std::ranges::find(holders, m);
      if (place == holders.end()) continue;
      const Spread spread = spread_of(m, holders, m);
      for (MemberIndex other = 0; other < members_; ++other) {
        if (!holding_.has(other) || contains(holders, other) || spread_of(other, holders, m) < spread) continue;
        holding_.give_back(m);
        holding_.take(other);
        *place = other;
        return true;
      }
    }
    return false;
  }

  // Nobody here has room to lead: one of the holders gives up the lead of an earlier slot, or its limit rises.
  std::span<MemberIndex>::iterator with_lead_freed(Rank rank) {
    const std::span<MemberIndex> holders = of(rank);
    asked_.assign(members_, false);
    for (auto leader = holders.begin(); leader != holders.end(); ++leader)
      if (leads_one_less(rank, *leader)) return leader;
    leading_.raise(holders.front());
    return holders.begin();
  }

  // Lets the member pass the lead of one slot before `rank` to another holder of it, who may have to pass one on as
  // well (an augmenting path; each member is asked once).
  bool leads_one_less(Rank rank, MemberIndex m) {
    if (asked_[m]) return false;
    asked_[m] = true;
    for (const bool pass_on : {false, true}) {
      for (Rank back = 1; back <= std::min(rank, kReach); ++back) {
        const std::span<MemberIndex> earlier = of(rank - back);
        if (earlier.front() != m) continue;
        const auto next = std::find_if(earlier.begin() + 1, earlier.end(), [&](MemberIndex other) {
          return pass_on ? leads_one_less(rank, other) : leading_.has(other);
        });
        if (next == earlier.end()) continue;
        leading_.give_back(m);
        leading_.take(*next);
        std::rotate(earlier.begin(), next, next + 1);
        return true;
      }
    }
    return false;
  }

  static bool contains(std::span<const MemberIndex> some, MemberIndex m) {
    return std::ranges::find(some, m) != some.end();
  }

  std::size_t members_;
  std::uint32_t width_, slots_;
  Labels labels_;
  std::vector<Point> points_;
  Clockwise walk_;
  Room holding_, leading_;
  std::vector<MemberIndex> holders_;  // width_ for each slot, by rank
  std::vector<MemberIndex> full_;     // scratch of first_with_room
  std::vector<bool> asked_;           // scratch of with_lead_freed, by member
};

}  // namespace

Ring Ring::build(std::vector<RingMember> members, std::uint32_t replication_factor, std::uint32_t slots) {
  std::sort(members.begin(), members.end());
  for (std::size_t i = 1; i < members.size(); ++i)
    HC_CHECK(members[i - 1].id != members[i].id, "two members " + std::to_string(members[i].id.value));
  HC_CHECK(slots >= 1 && slots <= kSlotsMax, std::to_string(slots) + " slots");
  auto places = std::make_shared<Places>();
  places->slots = slots;
  const std::uint32_t width = std::min(replication_factor, static_cast<std::uint32_t>(members.size()));
  places->width = width;
  if (width > 0) {
    Placement placement(members, width, slots);
    placement.place_holders();
    placement.choose_primaries();
    std::vector<NodeId>& owners = places->owners;
    owners.resize(std::size_t{slots} * width);
    const std::vector<Slot>& order = ring_order(slots);
    for (Rank rank = 0; rank < slots; ++rank) {
      const std::size_t begin = std::size_t{order[rank].value} * width;
      for (std::size_t i = 0; const MemberIndex m : placement.of(rank)) owners[begin + i++] = members[m].id;
    }
    // What a tie must not be broken by: something that differs between processes.
    if (HC_MUTANT(kRingTieByAddress) && width > 1 && (reinterpret_cast<std::uintptr_t>(owners.data()) >> 6 & 1))
      std::swap(owners[0], owners[1]);
    if (width < members.size()) {
      places->next.resize(slots);
      for (Rank rank = 0; rank < slots; ++rank)
        places->next[order[rank].value] = members[placement.next_after(rank)].id;
    }
  }
  Ring ring;
  ring.places_ = std::move(places);
  return ring;
}

Ring Ring::of(std::vector<RingMember> members, std::uint32_t replication_factor, std::uint32_t slots) {
  struct Known {
    std::vector<RingMember> members;
    std::uint32_t replication_factor = 0;
    Ring ring;
  };
  static thread_local std::array<Known, kRingsKept> known;
  static thread_local std::size_t next = 0;
  if (HC_MUTANT(kRingTieByAddress)) return build(std::move(members), replication_factor, slots);
  for (const Known& k : known)
    if (k.ring.slots() == slots && k.replication_factor == replication_factor && k.members == members) return k.ring;
  Known& place = known[std::exchange(next, (next + 1) % known.size())];
  place.ring = {};  // should build() fail
  place.members = std::move(members);
  place.replication_factor = replication_factor;
  return place.ring = build(place.members, replication_factor, slots);
}

std::span<const NodeId> Ring::wanted(Slot slot) const {
  if (!places_ || places_->width == 0) return {};
  HC_CHECK(slot.value < places_->slots, "slot " + std::to_string(slot.value) + " of " + std::to_string(places_->slots));
  return std::span(places_->owners).subspan(std::size_t{slot.value} * places_->width, places_->width);
}

NodeId Ring::next(Slot slot) const {
  if (!places_ || places_->next.empty()) return {};
  HC_CHECK(slot.value < places_->slots, "slot " + std::to_string(slot.value) + " of " + std::to_string(places_->slots));
  return places_->next[slot.value];
}

const std::vector<Slot>& ring_order(std::uint32_t slots) {
  HC_CHECK(slots <= kSlotsMax, std::to_string(slots) + " slots");
  static thread_local std::map<std::uint32_t, std::vector<Slot>> known;
  const auto [place, fresh] = known.try_emplace(slots);
  if (!fresh) return place->second;
  std::vector<std::pair<Sha256::Digest, Slot>> hashed;
  for (std::uint32_t s = 0; s < slots; ++s)
    hashed.emplace_back(sha256().of(big_endian(s)), Slot{static_cast<std::uint16_t>(s)});
  std::sort(hashed.begin(), hashed.end());
  for (const auto& [digest, slot] : hashed) place->second.push_back(slot);
  return place->second;
}

}  // namespace hc
