#include "tools/lincheck/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace hc::lincheck {

extern const std::string_view kPage;  // tools/lincheck/page.html

namespace {

using Json = nlohmann::json;
using sim::Operation;
using Kind = sim::Judgement::Kind;

constexpr std::size_t kDrawnMost = 3000;

// Of a history without a finding: the key about which there is most.
std::size_t drawn_key(const Contents& contents, const Verdict& v) {
  if (v.finding) return v.finding->key;
  const auto& keys = contents.histories.keys;
  const auto most = std::max_element(keys.begin(), keys.end(),
                                     [](const auto& a, const auto& b) { return a.history.size() < b.history.size(); });
  return static_cast<std::size_t>(most - keys.begin());
}

std::string kind_of(const Operation& o) {
  if (o.pure_read()) return "get";
  return o.kind == Operation::Kind::kSet || o.kind == Operation::Kind::kAppend ? "set" : "other";
}

Json bar(const Operation& o, Format format) {
  return {{"lane", o.kind == Operation::Kind::kLost ? -1 : static_cast<std::int64_t>(o.client)},
          {"call", sim::ns(o.called)},
          {"return", o.definite() ? Json(sim::ns(o.returned)) : Json()},
          {"kind", kind_of(o)},
          {"outcome", o.definite() ? "done" : "unknown"},
          {"short", deed(o)},
          {"text", operation_text(o, format)},
          {"core", false},
          {"blocking", false}};
}

// By call; the last ones before the blocking completion, if there are too many.
std::vector<std::size_t> drawn(const sim::History& history, const Verdict& v, const std::optional<Core>& core) {
  std::vector<std::size_t> all;
  const bool illegal = v.kind == Kind::kViolated;
  const sim::Instant end = illegal ? history[v.finding->judgement.illegal].returned : sim::kForever;
  for (std::size_t i = 0; i < history.size(); ++i)
    if (history[i].outcome != Operation::Outcome::kNotApplied && history[i].called <= end) all.push_back(i);
  std::sort(all.begin(), all.end(), [&](std::size_t a, std::size_t b) {
    return history[a].called != history[b].called ? history[a].called < history[b].called : a < b;
  });
  if (all.size() <= kDrawnMost) return all;
  std::vector<std::size_t> some;
  const std::size_t skipped = all.size() - kDrawnMost;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const bool in_core = core && std::find(core->indices.begin(), core->indices.end(), all[k]) != core->indices.end();
    if (illegal ? k >= skipped || in_core : k < kDrawnMost) some.push_back(all[k]);
  }
  return some;
}

}  // namespace

std::string draw(const std::string& name, const Contents& contents, const Verdict& v, const std::optional<Core>& core) {
  Json page{{"name", name}, {"reason", ""}, {"about", "There is no operation in it."}, {"operations", Json::array()}};
  page["verdict"] = v.kind == Kind::kLinearizable ? "ok" : v.kind == Kind::kViolated ? "illegal" : "undecided";
  page["unit"] = contents.format == Format::kJsonLines ? "ns" : "line";
  if (!contents.histories.keys.empty()) {
    const sim::KeyHistory& of_key = contents.histories.keys[drawn_key(contents, v)];
    const std::vector<std::size_t> some = drawn(of_key.history, v, core);
    for (const std::size_t i : some) page["operations"].push_back(bar(of_key.history[i], contents.format));
    page["about"] = "Key \"" + of_key.key + "\", " + std::to_string(some.size()) + " of its " +
                    std::to_string(of_key.history.size()) + " operations, one of " +
                    std::to_string(contents.histories.keys.size()) + " keys.";
    if (v.kind == Kind::kViolated) {
      const std::size_t illegal = v.finding->judgement.illegal;
      page["reason"] = "Nothing explains " + operation_text(of_key.history[illegal], contents.format) + ".";
      for (std::size_t k = 0; k < some.size(); ++k) {
        Json& o = page["operations"][k];
        o["blocking"] = some[k] == illegal;
        o["core"] = std::find(core->indices.begin(), core->indices.end(), some[k]) != core->indices.end();
      }
    } else if (v.kind == Kind::kUndecided) {
      page["reason"] = "Not decided within the budget of steps.";
    }
  }
  std::string data = page.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = 0; (at = data.find('<', at)) != std::string::npos;) data.replace(at, 1, "\\u003c");
  constexpr std::string_view kMark = "@HISTORY@";
  const std::size_t at = kPage.find(kMark);
  return std::string(kPage.substr(0, at)) + data + std::string(kPage.substr(at + kMark.size()));
}

}  // namespace hc::lincheck
