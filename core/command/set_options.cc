#include "core/command/set_options.h"

#include <algorithm>
#include <iterator>

#include "core/command/access.h"

namespace hc::command {
namespace {

struct TimeWord {
  Bytes word;
  TimeForm form;
};
constexpr TimeWord kTimeWords[] = {{"ex", TimeForm::kSeconds},
                                   {"px", TimeForm::kMillis},
                                   {"exat", TimeForm::kSecondsAt},
                                   {"pxat", TimeForm::kMillisAt}};

TimeForm time_form(Bytes word) {
  const auto* found = std::find_if(std::begin(kTimeWords), std::end(kTimeWords),
                                   [&](const TimeWord& t) { return same_word(word, t.word); });
  return found == std::end(kTimeWords) ? TimeForm::kNone : found->form;
}

// Takes a word that stands alone; false if it does not belong to the command or contradicts an earlier one.
bool take_flag(Bytes word, OptionsOf command, SetOptions& options) {
  const bool timed = options.form != TimeForm::kNone;
  if (command == OptionsOf::kGetex) {
    if (!same_word(word, "persist") || timed) return false;
    return options.persist = true;
  }
  if (same_word(word, "nx")) return options.only_if_missing = !options.only_if_there;
  if (same_word(word, "xx")) return options.only_if_there = !options.only_if_missing;
  if (same_word(word, "get")) return options.get = true;
  if (same_word(word, "keepttl")) return options.keep_ttl = !timed;
  return false;
}

}  // namespace

std::expected<SetOptions, Reply> parse_set_options(Args words, OptionsOf command) {
  SetOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const TimeForm form = time_form(words[i]);
    if (form == TimeForm::kNone) {
      if (!take_flag(words[i], command, options)) return std::unexpected(syntax_error());
      continue;
    }
    // The same word twice is taken, the later counts; two different ones are not.
    const bool clash = options.keep_ttl || options.persist || (options.form != TimeForm::kNone && options.form != form);
    if (clash || i + 1 == words.size()) return std::unexpected(syntax_error());
    options.form = form;
    options.time = words[++i];
  }
  return options;
}

std::expected<WallTime, Reply> parse_expiry(Bytes text, TimeForm form, WallTime now, Bytes command) {
  const auto number = parse_integer(text);
  if (!number) return std::unexpected(not_an_integer());
  const bool seconds = form == TimeForm::kSeconds || form == TimeForm::kSecondsAt;
  const bool relative = form == TimeForm::kSeconds || form == TimeForm::kMillis;
  std::int64_t ms = *number;
  if (ms <= 0 || (seconds && ms > INT64_MAX / 1000)) return std::unexpected(invalid_expire_time(command));
  if (seconds) ms *= 1000;
  if (relative && ms > INT64_MAX - millis(now)) return std::unexpected(invalid_expire_time(command));
  if (relative) ms += millis(now);
  return wall_time(ms);
}

}  // namespace hc::command
