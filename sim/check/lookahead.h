// What the next read says about the way there. In a history of GET, SET and APPEND alone a value only grows until it is
// set anew. So a configuration whose value is not how the next read's text begins leads nowhere, unless a SET of such a
// beginning can still come before that read.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/check/course.h"

namespace hc::sim {

class Lookahead {
 public:
  // Borrows the history and the course, of which so many phases are to be gone through.
  Lookahead(const History& history, const Course& course, std::size_t phases, const KeyState& initial);

  // Such a history, and an APPEND in it.
  bool on() const { return on_; }

  // `done(i)`: the operation `i`, in flight, has taken effect.
  template <class Done>
  bool hopeless(const KeyState& state, std::uint32_t phase, const Done& done) {
    const Read* next = next_read(phase, done);
    return next && !next->text.starts_with(state.value) && !may_be_set(*next, phase, done);
  }
  // The same for the value with `more` behind it, which need not be built.
  template <class Done>
  bool hopeless_with(const KeyState& state, std::string_view more, std::uint32_t phase, const Done& done) {
    const Read* next = next_read(phase, done);
    if (!next) return false;
    const bool leads = next->text.starts_with(state.value) && next->text.substr(state.value.size()).starts_with(more);
    return !leads && !may_be_set(*next, phase, done);
  }

 private:
  struct Read {
    Index operation;
    std::uint32_t phase;  // of its return
    std::string_view text;
    std::vector<Index> sets;  // of a beginning of its text, called before it returned
  };

  void find_sets(const History& history);

  template <class Done>
  const Read* next_read(std::uint32_t phase, const Done& done) const {
    for (std::uint32_t r = first_read_[phase]; r < reads_.size(); ++r) {
      const Read& read = reads_[r];
      if (course_.part[read.operation].since > phase || !done(read.operation)) return &read;
    }
    return nullptr;
  }
  template <class Done>
  bool may_be_set(const Read& read, std::uint32_t phase, const Done& done) const {
    for (const Index i : read.sets) {
      const Course::Part& p = course_.part[i];
      if (p.definite && p.phase < phase) continue;
      if (p.since > phase || !done(i)) return true;
    }
    return false;
  }

  const Course& course_;
  bool on_ = false;
  std::vector<Read> reads_;                // by return
  std::vector<std::uint32_t> first_read_;  // of each phase: the first that returns in it or later
};

}  // namespace hc::sim
