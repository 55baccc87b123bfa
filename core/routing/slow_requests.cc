// Slow requests, for the log: one line at the member whose client asked, and one at each member that was asked by it,
// all under one name. So a line here leads to the lines there.
#include "core/base/seam.h"
#include "core/routing/coordinator.h"

namespace hc {
namespace {

constexpr std::uint64_t kLinesMost = 10;  // in a second: trouble makes many requests slow at once
constexpr std::size_t kKeyShown = 40;

// `SET "user:17" in slot 4242`
std::string what(const CommandSpec& spec, const Words& args, Slot slot, std::size_t slots) {
  std::string text(spec.name);
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (slots > 0) return text + " in " + std::to_string(slots) + " slots";
  const auto key = static_cast<std::size_t>(spec.first_key);
  if (spec.route == Route::kKeys && key > 0 && key < args.size()) {
    text += " \"";
    for (const char c : args[key].substr(0, kKeyShown)) text += c >= ' ' && c <= '~' && c != '"' ? c : '?';
    text += args[key].size() > kKeyShown ? "…\"" : "\"";
  }
  return text + " in slot " + std::to_string(slot.value);
}

}  // namespace

// Called when a part has come to its end, before it is answered.
void Coordinator::tell_if_slow(std::uint64_t token, const Part& part, Outcome outcome, const Reply& reply, Now now,
                               Effects& out) {
  if (config_.slow_request == Duration{}) return;
  const bool guest = part.op == 0;
  const Duration took = now.mono - (guest ? part.came : part.give_up - config_.deadline);
  if (took < config_.slow_request && outcome != Outcome::kUnknown) return;
  if (now.mono >= slow_.until) slow_ = {now.mono + 1s, 0, slow_.untold};
  if (slow_.told >= kLinesMost) {
    ++slow_.untold;
    return;
  }
  ++slow_.told;
  std::string text = "request " + (guest ? request_name(part.guest.member, part.guest_request)
                                         : request_name(config_.self.id, request_of(token, part)));
  text += " took " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) + " ms";
  text += guest ? " here: " : ": ";
  text += what(*part.spec, part.args, part.slot, part.every ? part.every->slots.size() : 0);
  if (part.peer) text += ", asked " + name_of(part.peer);
  if (part.tries > 0) text += ", tried " + std::to_string(part.tries + 1) + " times";
  switch (outcome) {
    case Outcome::kDone:
      text += reply.is_error() ? "; " + std::string(reply.text.view) : "; done";
      break;
    case Outcome::kUnknown:
      text += "; it is not known whether it was applied";
      break;
    case Outcome::kNotMine:
    case Outcome::kNotExecuted:
      text += "; not applied";
  }
  if (const auto untold = std::exchange(slow_.untold, 0))
    text += " (and " + std::to_string(untold) + " more before it)";
  out.note(std::move(text), outcome == Outcome::kDone ? Note::Level::kInfo : Note::Level::kWarning);
}

}  // namespace hc
