#include "sim/exhaustive/explore.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <unordered_map>

#include "sim/exhaustive/still.h"
#include "sim/internal_check.h"
#include "sim/result.h"

namespace hc::sim::exhaustive {
namespace {

struct Found {
  std::string what;
  bool internal = false;
  std::vector<std::string> way;
};

class Search {
 public:
  Search(const Course& course, const Bounds& bounds) : course_(course), bounds_(bounds) {}

  void run() {
    try {
      std::vector<Choice> way;
      Still still(course_);
      visit(still, way);
    } catch (const InternalCheck& c) {
      found_ = Found{"before time stood still: " + c.where + ": " + c.what, true, {}};
    }
  }

  std::uint64_t states() const { return depth_of_.size(); }
  std::uint64_t choices() const { return choices_; }
  std::uint32_t deepest() const { return deepest_; }
  bool exhausted() const { return !cut_off_; }
  const std::optional<Found>& found() const { return found_; }

 private:
  // `still` has taken the choices of `way`.
  void visit(Still& still, std::vector<Choice>& way) {
    const auto depth = static_cast<std::uint32_t>(way.size());
    deepest_ = std::max(deepest_, depth);
    const auto [known, fresh] = depth_of_.try_emplace(still.key(), depth);
    if (!fresh && known->second <= depth) return;  // else there is more room below than there was
    known->second = depth;
    const std::vector<Choice> all = still.choices();
    if (all.empty()) return;
    if (depth == bounds_.depth) {
      cut_off_ = true;
      return;
    }
    for (std::size_t i = 0; i < all.size() && !found_; ++i) {
      way.push_back(all[i]);
      if (i + 1 < all.size()) {
        Still again(course_);
        if (retrace(again, way)) visit(again, way);
      } else if (take(still, way)) {  // the last one may have this one's life
        visit(still, way);
      }
      way.pop_back();
    }
  }

  bool retrace(Still& still, const std::vector<Choice>& way) {
    for (std::size_t i = 0; i + 1 < way.size(); ++i) still.take(way[i]);
    return take(still, way);
  }

  // The last choice of `way`. False: a check objected.
  bool take(Still& still, const std::vector<Choice>& way) {
    ++choices_;
    try {
      auto wrong = still.take(way.back());
      if (!wrong) return true;
      found_ = Found{std::move(*wrong), false, {}};
    } catch (const InternalCheck& c) {
      found_ = Found{c.where + ": " + c.what, true, {}};
    }
    Still again(course_);
    for (const Choice& choice : way) {
      found_->way.push_back(again.narrate(choice));
      if (&choice != &way.back()) again.take(choice);
    }
    return false;
  }

  const Course course_;
  const Bounds bounds_;
  std::unordered_map<std::uint64_t, std::uint32_t> depth_of_;  // by key
  std::uint64_t choices_ = 0;
  std::uint32_t deepest_ = 0;
  bool cut_off_ = false;
  std::optional<Found> found_;
};

}  // namespace

int explore(const Bounds& bounds) {
  const ChecksThrow guard;
  int status = 0;
  bool exhausted = true;
  std::uint64_t states = 0;
  const auto search_in = [&](const Course& course) {
    Search search(course, bounds);
    search.run();
    states += search.states();
    exhausted &= search.exhausted();
    std::printf("%-8s %-9s APPEND at node-%u, GET %s node-%u: %" PRIu64 " states, %" PRIu64 " choices, depth %u%s\n",
                std::string(name_of(course.scene)).c_str(), course.fault ? "one fault" : "no fault",
                course.asked[0] + 1, course.pipelined ? "behind it at" : "at", course.asked[1] + 1, search.states(),
                search.choices(), search.deepest(), search.exhausted() ? "" : ", more below");
    if (const auto& found = search.found()) {
      for (const std::string& line : found->way) std::printf("  %s\n", line.c_str());
      std::printf("%s%s\n", found->internal ? "internal: " : "", found->what.c_str());
      status = static_cast<int>(found->internal ? Verdict::kInternal : Verdict::kViolated);
    }
    std::fflush(stdout);
  };
  for (const bool fault : {false, true}) {
    if (fault && bounds.faults == 0) continue;
    for (const Scene scene : {Scene::kSteady, Scene::kTakeover, Scene::kHandover}) {
      if (!bounds.scene.empty() && bounds.scene != name_of(scene)) continue;
      for (std::uint32_t both = 0; both < 9 && status == 0; ++both) {
        const std::uint32_t append = both / 3, get = both % 3;
        if (append == get) search_in({scene, {append, get}, true, fault});
        if (status == 0) search_in({scene, {append, get}, false, fault});
      }
    }
  }
  if (status == 0)
    std::printf("%" PRIu64 " states; %s\n", states,
                exhausted ? "the frontier is exhausted: there is no other order" : "the bounds leave some out");
  return status;
}

}  // namespace hc::sim::exhaustive
