// What the logs of Jepsen's kind have in common: lines in the order of time, each the begin or the end of what one
// process does. The number of the line is the time.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sim/check/history_json.h"

namespace hc::lincheck {

enum class Type : std::uint8_t { kInvoke, kOk, kFail, kInfo };

// ":ok"; nullptr-like false if it is none of the four.
bool parse_type(std::string_view word, Type& type);

// The first word of `text`, which is taken away with the blanks around it. Empty at the end.
std::string_view take_word(std::string_view& text);

class Log {
 public:
  explicit Log(sim::KeyState initial) { histories_.initial = std::move(initial); }
  // So many operations on one key: room for them is made at once.
  void expect(std::size_t operations) { expected_ = operations; }

  // Calls line(text) for each that is not blank, which says what is wrong with it, or nothing.
  template <class Line>
  std::expected<sim::Histories, sim::Unreadable> read(std::string_view text, const Line& line) {
    for (number_ = 1; !text.empty(); ++number_) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view one = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (one.ends_with('\r')) one.remove_suffix(1);
      if (std::string_view words = one; take_word(words).empty()) continue;
      if (std::string wrong = line(one); !wrong.empty())
        return std::unexpected(sim::Unreadable{number_, std::move(wrong)});
    }
    for (const auto& [process, at] : of_process_)
      if (at.open) histories_.keys[at.key].history[at.operation].error = "no end in the log";
    return std::move(histories_);
  }

  // Both say what is wrong, or nothing.
  std::string invoked(std::uint32_t process, std::string_view key, sim::Operation&& operation);
  // The operation that `process` has on its way, to be filled in; nullptr: none.
  sim::Operation* ended(std::uint32_t process);
  void answered(sim::Operation& o) const {
    o.outcome = sim::Operation::Outcome::kDone;
    o.returned = sim::instant(static_cast<std::int64_t>(number_));
  }

 private:
  struct At {
    std::size_t key, operation;
    bool open;
  };
  std::size_t key_number(std::string_view key);

  std::size_t number_ = 0, expected_ = 0, last_key_ = 0;
  sim::Histories histories_;
  std::unordered_map<std::string, std::size_t> keys_;
  std::unordered_map<std::uint32_t, At> of_process_;  // its last operation
};

}  // namespace hc::lincheck
