#include "sim/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/narrate.h"

namespace hc::sim {

extern const std::string_view kPage;  // sim/page, put together

namespace {

using Json = nlohmann::json;

constexpr std::size_t kSlotsShown = 256;  // of one view, if not all of them changed

Json time(Instant t) { return t == kForever ? Json() : Json(ns(t)); }
Json number(Film::Number n) { return n == Film::kNone ? Json() : Json(n); }

Json steps(const Film& film) {
  Json out = Json::array();
  for (const Film::Step& s : film.steps()) out.push_back({ns(s.at), s.lane, s.text, s.effects, s.kinds});
  return out;
}

Json arrows(const Film& film) {
  Json out = Json::array();
  for (const Film::Arrow& a : film.arrows())
    out.push_back({a.from, a.to, ns(a.sent), time(a.arrived), a.kinds, number(a.leaves), number(a.enters)});
  return out;
}

Json troubles(const Film& film) {
  Json out = Json::array();
  for (const Film::Trouble& t : film.troubles())
    out.push_back({{"at", ns(t.at)}, {"until", time(t.until)}, {"kind", t.kind}, {"text", t.text}, {"lanes", t.lanes}});
  return out;
}

std::string list_of(const SlotConfig& slot) {
  std::string out;
  for (const Incarnation& who : slot.list) out += (out.empty() ? "" : " ") + std::to_string(who.member.value);
  return out;
}

// Every slot's epoch and list where that is short; else of those that differ from the view before.
Json views(const Film& film) {
  Json out = Json::array();
  ViewRef before;
  for (const auto& [epoch, view] : film.views()) {
    Json slots = Json::array(), changed = Json::array(), installs = Json::array();
    for (std::size_t s = 0; s < view->slots.size(); ++s) {
      const bool differs = !before || before->slots.size() <= s || before->slots[s].epoch != view->slots[s].epoch ||
                           list_of(before->slots[s]) != list_of(view->slots[s]);
      if (differs && changed.size() < kSlotsShown) changed.push_back(s);
      if ((view->slots.size() <= kSlotsShown || differs) && slots.size() < kSlotsShown)
        slots.push_back({s, view->slots[s].epoch.value, list_of(view->slots[s])});
    }
    for (const Film::Installed& i : film.installs())
      if (i.epoch == epoch) installs.push_back({ns(i.at), i.lane});
    out.push_back({{"epoch", epoch.value},
                   {"text", narrate(*view, 0)},
                   {"slots", slots},
                   {"changed", changed},
                   {"installs", installs}});
    before = view;
  }
  return out;
}

Json operations(const Film& film) {
  Json out = Json::array();
  for (const Film::Deed& d : film.deeds()) {
    const Operation& o = d.operation;
    out.push_back({{"key", d.key},
                   {"lane", o.of_nobody() ? Json() : Json(film.machines() + o.client)},
                   {"node", o.node},
                   {"call", ns(o.called)},
                   {"return", o.definite() ? time(o.returned) : Json()},
                   {"kind", o.pure_read() ? "read" : "write"},
                   {"outcome", o.definite()                                   ? "done"
                               : o.outcome == Operation::Outcome::kNotApplied ? "refused"
                                                                              : "unknown"},
                   {"deed", deed(o)},
                   {"text", to_text(o)},
                   {"illegal", d.illegal}});
  }
  return out;
}

Json lives(const Film& film) {
  Json out = Json::array();
  for (const Film::Life& l : film.lives()) out.push_back({ns(l.at), l.lane, l.what, l.up});
  return out;
}

Json roles(const Film& film) {
  Json out = Json::array();
  for (const Film::Role& r : film.roles()) out.push_back({ns(r.at), r.lane, r.slot, r.name});
  return out;
}

Json phases(const Film& film) {
  Json out = Json::array();
  for (const auto& [at, name] : film.phases()) out.push_back({ns(at), name});
  return out;
}

}  // namespace

std::string page_of(const Film& film, const Result& r, const std::string& replay) {
  Json lanes = Json::array();
  for (std::uint32_t i = 0; i < film.machines(); ++i) lanes.push_back(name_of(NodeId(i + 1)));
  for (std::uint32_t i = film.machines(); i < film.lanes(); ++i)
    lanes.push_back("client " + std::to_string(i - film.machines()));
  Json run{{"seed", r.seed},
           {"verdict", std::string(name_of(r.verdict))},
           {"check", r.check},
           {"reason", r.reason},
           {"report", r.report.substr(0, r.report.find("The last lines of the trace:"))},
           {"replay", replay},
           {"lanes", lanes},
           {"machines", film.machines()},
           {"slots", film.slots()},
           {"from", std::max<std::int64_t>(0, ns(film.from()))},
           {"until", std::min(ns(film.until()), ns(film.over()))},
           {"over", ns(film.over())},
           {"kinds", film.kinds()},
           {"steps", steps(film)},
           {"arrows", arrows(film)},
           {"faults", troubles(film)},
           {"views", views(film)},
           {"operations", operations(film)},
           {"lives", lives(film)},
           {"roles", roles(film)},
           {"phases", phases(film)}};
  const Film::Finding& f = film.finding();
  run["finding"] = f.key.empty()
                       ? Json()
                       : Json{{"key", f.key}, {"slot", f.slot}, {"read", f.read}, {"could", f.could}, {"deed", f.deed}};
  std::string data = run.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = 0; (at = data.find('<', at)) != std::string::npos;) data.replace(at, 1, "\\u003c");
  constexpr std::string_view kMark = "@RUN@";
  const std::size_t at = kPage.find(kMark);
  return std::string(kPage.substr(0, at)) + data + std::string(kPage.substr(at + kMark.size()));
}

}  // namespace hc::sim
