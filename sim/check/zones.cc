#include "sim/check/zones.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

namespace hc::sim {
namespace {

using Rank = std::uint32_t;  // a moment's place in the timeline, from kFirst on; the initial value was written before
constexpr Rank kInitialCall = 0, kInitialReturn = 1, kFirst = 2;
constexpr Rank kNever = std::numeric_limits<Rank>::max();

struct Cluster {
  Rank written = kNever;         // the call of its write
  Rank first_return = kNever;    // of all that are in it
  Rank last_call = 0;            // of all that are in it
  Rank first_read_end = kNever;  // the first return of a read
  bool happened = false;         // something definite is in it
};

using Values = std::unordered_map<std::string_view, Index>;

class Register {
 public:
  Register(const History& history, const std::vector<Moment>& moments, const KeyState& initial)
      : history_(history), moments_(moments), initial_(initial) {}

  // False: not such a history.
  bool read() {
    if (initial_.kind == KeyState::Kind::kAnything || initial_.may_end != kForever) return false;
    cluster_of_.assign(history_.size(), kNoIndex);
    values_.reserve(history_.size());
    clusters_ = 1;
    if (initial_.kind == KeyState::Kind::kPresent) values_[initial_.value] = kInitial;
    for (const Moment& m : moments_) {
      if (m.returns) continue;
      const Operation& o = history_[m.operation];
      if (o.kind == Operation::Kind::kGet) continue;
      if (!plain_write(o)) return false;
      if (!values_.try_emplace(o.value, clusters_).second) return false;
      cluster_of_[m.operation] = clusters_++;
    }
    return !overlaps_on_a_connection() && assign_reads();
  }

  Judgement judge() const {
    Judgement j;
    j.steps = moments_.size();
    if (legal(moments_.size())) return j;
    // A history that begins with an illegal one is illegal: find the first return that makes it so.
    std::size_t good = 0, bad = moments_.size();
    while (bad - good > 1) {
      const std::size_t middle = good + (bad - good) / 2;
      (legal(middle) ? good : bad) = middle;
    }
    j.kind = Judgement::Kind::kViolated;
    j.illegal = moments_[bad - 1].operation;
    j.states = states_after(good);
    return j;
  }

 private:
  static constexpr Index kInitial = 0;

  static bool plain_write(const Operation& o) {
    return o.kind == Operation::Kind::kSet && !o.only_if_missing && !o.only_if_present && !o.keep_ttl &&
           !o.returns_old && o.ends == kForever &&
           (o.observed.kind == Observed::Kind::kOk || o.observed.kind == Observed::Kind::kNothing);
  }

  // Zones know the order of time alone.
  bool overlaps_on_a_connection() const {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> open;
    for (const Moment& m : moments_) {
      const Operation& o = history_[m.operation];
      if (o.connection == 0 || !o.definite()) continue;
      std::uint32_t& count = open[{o.client, o.connection}];
      if (m.returns)
        --count;
      else if (++count > 1)
        return true;
    }
    return false;
  }

  bool assign_reads() {
    for (std::size_t k = 0; k < moments_.size(); ++k) {
      const Moment& m = moments_[k];
      const Operation& o = history_[m.operation];
      if (!m.returns || o.kind != Operation::Kind::kGet) continue;
      switch (o.observed.kind) {
        case Observed::Kind::kNothing:
          break;
        case Observed::Kind::kNil:
          if (initial_.kind != KeyState::Kind::kMissing) return false;
          cluster_of_[m.operation] = kInitial;
          break;
        case Observed::Kind::kText: {
          const auto found = values_.find(o.observed.text);
          if (found != values_.end())
            cluster_of_[m.operation] = found->second;
          else
            nobodys_ = std::min(nobodys_, k);
          break;
        }
        default:
          return false;
      }
    }
    return true;
  }

  // The clusters as they stand after so many moments: who has not returned may never do.
  std::vector<Cluster> clusters(std::size_t count) const {
    std::vector<Cluster> all(clusters_);
    all[kInitial] = {kInitialCall, kInitialReturn, kInitialCall, kNever, true};
    for (std::size_t k = 0; k < count; ++k) {
      const Moment& m = moments_[k];
      if (cluster_of_[m.operation] == kNoIndex) continue;
      Cluster& c = all[cluster_of_[m.operation]];
      const bool write = history_[m.operation].kind == Operation::Kind::kSet;
      if (!m.returns) {
        call_of_[m.operation] = kFirst + static_cast<Rank>(k);
        if (write) c.written = c.last_call = kFirst + static_cast<Rank>(k);  // reads of it count from their return on
        continue;
      }
      c.happened = true;
      c.first_return = std::min(c.first_return, kFirst + static_cast<Rank>(k));
      c.last_call = std::max(c.last_call, call_of_[m.operation]);
      if (!write) c.first_read_end = std::min(c.first_read_end, kFirst + static_cast<Rank>(k));
    }
    return all;
  }

  bool legal(std::size_t count) const {
    call_of_.resize(history_.size());
    if (count > nobodys_) return false;
    const std::vector<Cluster> all = clusters(count);
    std::vector<std::pair<Rank, Rank>> forward, backward;
    for (const Cluster& c : all) {
      if (!c.happened) continue;
      if (c.first_read_end < c.written) return false;
      if (c.first_return < c.last_call)
        forward.emplace_back(c.first_return, c.last_call);
      else
        backward.emplace_back(c.last_call, c.first_return);
    }
    std::sort(forward.begin(), forward.end());
    for (std::size_t i = 1; i < forward.size(); ++i)
      if (forward[i].first < forward[i - 1].second) return false;
    for (const auto& [begin, end] : backward) {
      // Forward zones do not overlap: only the last that begins before it can hold it.
      const auto next = std::lower_bound(forward.begin(), forward.end(), std::pair(begin, Rank{0}));
      if (next != forward.begin() && end < std::prev(next)->second) return false;
    }
    return true;
  }

  // A value may be there now if nothing else was surely called after its first return.
  std::vector<KeyState> states_after(std::size_t count) const {
    const std::vector<Cluster> all = clusters(count);
    Rank last = 0, second = 0;
    for (const Cluster& c : all) {
      if (!c.happened) continue;
      second = std::max(second, std::min(last, c.last_call));
      last = std::max(last, c.last_call);
    }
    std::vector<KeyState> states;
    const auto possible = [&](Index cluster) {
      const Cluster& c = all[cluster];
      if (c.written == kNever) return false;  // not called yet
      const Rank others = c.happened && c.last_call == last ? second : last;
      return c.first_return > others;
    };
    if (initial_.kind == KeyState::Kind::kMissing && possible(kInitial)) states.push_back(KeyState::missing());
    for (const auto& [value, cluster] : values_)
      if (possible(cluster)) states.push_back(KeyState::present(std::string(value), kForever));
    std::sort(states.begin(), states.end());
    return states;
  }

  const History& history_;
  const std::vector<Moment>& moments_;
  const KeyState& initial_;
  Values values_;
  Index clusters_ = 0;
  std::vector<Index> cluster_of_;                                  // per operation; kNoIndex: tells nothing
  std::size_t nobodys_ = std::numeric_limits<std::size_t>::max();  // place of the first read of what nobody wrote
  mutable std::vector<Rank> call_of_;                              // per operation, as far as clusters() went
};

}  // namespace

std::optional<Judgement> judge_by_zones(const History& history, const std::vector<Moment>& moments,
                                        const KeyState& initial) {
  Register r(history, moments, initial);
  if (!r.read()) return std::nullopt;
  return r.judge();
}

}  // namespace hc::sim
