#include "tools/lincheck/report.h"

#include <algorithm>

namespace hc::lincheck {
namespace {

constexpr std::size_t kLinesMost = 60;
constexpr std::size_t kTextMost =
    160;  // characters of a value or a reply; the end of a text tells more than its middle

std::string shortened(const std::string& text) {
  if (text.size() <= kTextMost) return text;
  return text.substr(0, kTextMost / 2) + "…" + text.substr(text.size() - kTextMost / 2);
}

std::string state_text(const sim::KeyState& state, const sim::KeyState& initial) {
  if (state.kind == sim::KeyState::Kind::kAnything) return "anything";
  return shortened(to_text(state)) + (state == initial ? " (as at first)" : "");
}

}  // namespace

std::string moment_text(sim::Instant t, Format format) {
  if (t == sim::kForever) return "?";
  return format == Format::kJsonLines ? sim::seconds_text(t) : "line " + std::to_string(sim::ns(t));
}

std::string operation_text(const sim::Operation& o, Format format) {
  const std::string span = moment_text(o.called, format) + " … " + moment_text(o.returned, format);
  const bool lost = o.kind == sim::Operation::Kind::kLost;
  const std::string who = lost ? "nobody" : "client " + std::to_string(o.client);
  return who + (o.node != 0 ? " at node " + std::to_string(o.node) : "") + " [" + span + "]: " + shortened(deed(o));
}

std::string explain(const Contents& contents, const Verdict& verdict, const Core& core) {
  const sim::KeyHistory& of_key = contents.histories.keys[verdict.finding->key];
  const sim::Judgement& j = verdict.finding->judgement;
  const sim::KeyState& initial = contents.histories.initial;
  std::string out = "  key \"" + of_key.key + "\": nothing explains " +
                    operation_text(of_key.history[j.illegal], contents.format) + "\n";
  if (!j.states.empty()) {
    out += "  Just before, the key may have been:";
    for (const sim::KeyState& s : j.states) out += " " + state_text(s, initial);
    out += "\n";
  }
  out += "  A part of its history that is illegal by itself (" + std::to_string(core.indices.size()) + " of " +
         std::to_string(of_key.history.size()) + " operations), beginning with " + state_text(core.initial, {}) + ":\n";
  const std::size_t skipped = core.indices.size() - std::min(core.indices.size(), kLinesMost);
  if (skipped) out += "    (" + std::to_string(skipped) + " earlier ones; --html shows all)\n";
  for (std::size_t k = skipped; k < core.indices.size(); ++k)
    out += (core.indices[k] == j.illegal ? "  → " : "    ") +
           operation_text(of_key.history[core.indices[k]], contents.format) + "\n";
  return out;
}

}  // namespace hc::lincheck
