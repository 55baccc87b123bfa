#include "sim/pins.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "sim/words.h"

namespace hc::sim {
namespace {

struct Pin {
  std::string name;
  std::function<bool(Setting&, const std::string&)> read;  // false: no such value
  std::function<std::string(const Setting&)> write;
};

// `at`: the place in the setting.
template <class At>
Pin number(std::string name, At at, std::uint64_t least, std::uint64_t most) {
  return {std::move(name),
          [=](Setting& s, const std::string& text) {
            std::uint64_t n = 0;
            if (!parse_number(text, n) || n < least || n > most) return false;
            at(s) = static_cast<std::remove_reference_t<decltype(at(s))>>(n);
            return true;
          },
          [=](const Setting& s) { return std::to_string(at(const_cast<Setting&>(s))); }};
}

template <class At>
Pin flag(std::string name, At at) {
  return number(std::move(name), at, 0, 1);
}

template <class At>
Pin time(std::string name, At at, Duration least = 0ns) {
  return {std::move(name),
          [=](Setting& s, const std::string& text) {
            std::int64_t n = 0;
            if (!parse_seconds(text, n) || Duration(n) < least) return false;
            at(s) = Duration(n);
            return true;
          },
          [=](const Setting& s) { return short_seconds(ns(at(const_cast<Setting&>(s)))); }};
}

// One of two words.
template <class Is>
Pin choice(std::string name, std::string yes, std::string no, Is is, std::function<void(Setting&, bool)> make) {
  return {std::move(name),
          [=](Setting& s, const std::string& text) {
            make(s, text == yes);
            return text == yes || text == no;
          },
          [=](const Setting& s) { return is(s) ? yes : no; }};
}

bool each(const std::string& list, const std::function<bool(const std::string&)>& take) {
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    if (!take(list.substr(from, comma - from))) return false;
    from = comma + 1;
  }
  return true;
}

// `read` changes the machine's clock; `write` says it.
Pin clocks(std::string name, bool (*read)(MachineClock&, const std::string&),
           std::string (*write)(const MachineClock&)) {
  return {std::move(name),
          [=](Setting& s, const std::string& text) {
            std::size_t i = 0;
            return each(text, [&](const std::string& entry) {
              if (s.clocks.size() <= i) s.clocks.resize(i + 1);
              return read(s.clocks[i++], entry);
            });
          },
          [=](const Setting& s) {
            std::string out;
            bool usual = true;
            for (const MachineClock& c : s.clocks) {
              out += (out.empty() ? "" : ",") + write(c);
              usual &= write(c) == write(MachineClock{});
            }
            return usual ? std::string() : out;
          }};
}

Pin labels() {
  return {"host-labels",
          [](Setting& s, const std::string& text) {
            s.host_labels.clear();
            return each(text, [&](const std::string& entry) {
              s.host_labels.push_back(entry == "-" ? "" : entry);
              return !entry.empty();
            });
          },
          [](const Setting& s) {
            std::string out;
            for (std::uint32_t i = 0; i < std::min<std::size_t>(s.machines(), s.host_labels.size()); ++i)
              out += (out.empty() ? "" : ",") + (s.host_labels[i].empty() ? "-" : s.host_labels[i]);
            return out.find_first_not_of("-,") == std::string::npos ? std::string() : out;
          }};
}

Pin wire_versions() {
  return {"wire-versions",
          [](Setting& s, const std::string& text) {
            s.wire_versions.clear();
            return each(text, [&](const std::string& entry) {
              std::uint64_t n = 0;
              if (!parse_number(entry, n) || n > kWireVersionMax) return false;
              s.wire_versions.push_back(static_cast<std::uint32_t>(n));
              return true;
            });
          },
          [](const Setting& s) {
            std::string out;
            for (const std::uint32_t version : s.wire_versions)
              out += (out.empty() ? "" : ",") + std::to_string(version);
            return out;
          }};
}

constexpr std::uint64_t kMillion = 1'000'000;

constexpr std::string_view kFsyncWords[] = {"no", "everysec", "always"};

void add_node(std::vector<Pin>& pins) {
  const auto at = [](auto member) { return [member](Setting& s) -> auto& { return s.node.*member; }; };
  pins.push_back(number("replication-factor", at(&NodeConfig::replication_factor), 1, 9));
  pins.push_back(time("lease", at(&NodeConfig::lease), 1ms));
  pins.push_back(time("deadline", at(&NodeConfig::deadline), 1ms));
  pins.push_back(time("patience", at(&NodeConfig::patience), 1ms));
  pins.push_back(number("fill-chunk", at(&NodeConfig::fill_chunk_bytes), 1, kMillion * 100));
  pins.push_back(number("fill-window", at(&NodeConfig::fill_window_bytes), 1, kMillion * 100));
  pins.push_back(number("backlog", at(&NodeConfig::backlog_bytes), 1, kMillion * 1000));
  pins.push_back(number("min-in-sync", at(&NodeConfig::min_in_sync), 1, 9));
  pins.push_back(flag("slot-loss-wait", at(&NodeConfig::slot_loss_wait)));
  pins.push_back(flag("append-only", at(&NodeConfig::append_only)));
  pins.push_back(
      {"append-fsync",
       [](Setting& s, const std::string& text) {
         const auto word = std::ranges::find(kFsyncWords, text);
         if (word == std::end(kFsyncWords)) return false;
         s.node.append_fsync = static_cast<Fsync>(word - std::begin(kFsyncWords));
         return true;
       },
       [](const Setting& s) { return std::string(kFsyncWords[static_cast<std::size_t>(s.node.append_fsync)]); }});
  pins.push_back(number("snapshot", at(&NodeConfig::snapshot_bytes), 1, kMillion * 1000));
  pins.push_back(time("snapshot-every", at(&NodeConfig::snapshot_every)));
  pins.push_back(flag("snapshot-packed", at(&NodeConfig::snapshot_packed)));
  pins.push_back(number("segment", at(&NodeConfig::segment_bytes), 1, kMillion * 1000));
  pins.push_back(number("voters", at(&NodeConfig::voters_max), 1, 9));
  pins.push_back(number("key-filter-ppm", at(&NodeConfig::key_filter_ppm), 0, kMillion / 2));
  pins.push_back(number("maxmemory", [](Setting& s) -> auto& { return s.node.memory.bytes; }, 0, kMillion * 1000));
  pins.push_back({"maxmemory-policy",
                  [](Setting& s, const std::string& text) {
                    const auto policy = policy_named(text);
                    if (policy) s.node.memory.policy = *policy;
                    return policy.has_value();
                  },
                  [](const Setting& s) { return std::string(name_of(s.node.memory.policy)); }});
  pins.push_back(number("maxmemory-samples", [](Setting& s) -> auto& { return s.node.memory.samples; }, 1, 64));
  pins.push_back(number("slots", at(&NodeConfig::slots), 1, kSlots));
}

void add_world(std::vector<Pin>& pins) {
  const auto at = [](auto member) { return [member](Setting& s) -> auto& { return s.*member; }; };
  pins.push_back(number("nodes", at(&Setting::nodes), 1, 9));
  pins.push_back(number("joiners", at(&Setting::joiners), 0, 9));
  pins.push_back(number("clients", at(&Setting::clients), 1, 20));
  pins.push_back(number("listeners", at(&Setting::listeners), 0, 9));
  pins.push_back(flag("early", at(&Setting::early)));
  pins.push_back(flag("changes-fsync", at(&Setting::changes_fsync)));
  pins.push_back(flag("loses-slots", at(&Setting::loses_slots)));
  pins.push_back(flag("some-stay-lost", at(&Setting::some_stay_lost)));
  pins.push_back(time("seconds", at(&Setting::load)));
  pins.push_back(time("turn-delay", at(&Setting::turn_delay)));
  pins.push_back(time("clock-tick", at(&Setting::clock_tick), 1ns));
  pins.push_back(number("clock-drift", at(&Setting::clock_drift_percent), 0, 90));
  pins.push_back(time("wall-skew", at(&Setting::wall_skew_most)));
  pins.push_back(choice(
      "founding", "founders", "first", [](const Setting& s) { return s.founding == Setting::Founding::kFounders; },
      [](Setting& s, bool yes) { s.founding = yes ? Setting::Founding::kFounders : Setting::Founding::kFirst; }));
  pins.push_back(choice(
      "load", "asked", "drawn", [](const Setting& s) { return s.scripted; },
      [](Setting& s, bool yes) { s.scripted = yes; }));
  pins.push_back(clocks(
      "clock-rates",
      [](MachineClock& c, const std::string& text) {
        std::uint64_t n = 0;
        if (!parse_number(text, n) || n < kMillion / 10 || n > kMillion * 10) return false;
        c.rate_ppm = static_cast<std::int64_t>(n);
        return true;
      },
      [](const MachineClock& c) { return std::to_string(c.rate_ppm); }));
  pins.push_back(clocks(
      "clock-bases",
      [](MachineClock& c, const std::string& text) {
        std::int64_t n = 0;
        if (!parse_seconds(text, n) || n < 0) return false;
        c.base = Duration(n);
        return true;
      },
      [](const MachineClock& c) { return short_seconds(ns(c.base)); }));
  pins.push_back(clocks(
      "wall-skews",
      [](MachineClock& c, const std::string& text) {
        std::int64_t n = 0;
        if (!parse_seconds(text, n)) return false;
        c.wall_skew = Duration(n);
        return true;
      },
      [](const MachineClock& c) { return short_seconds(ns(c.wall_skew)); }));
  pins.push_back(labels());
  pins.push_back(wire_versions());
}

void add_clients_and_weather(std::vector<Pin>& pins) {
  pins.push_back(number("keys", [](Setting& s) -> auto& { return s.workload.keys; }, 1, 1000));
  pins.push_back(number("filter-items", [](Setting& s) -> auto& { return s.workload.filter_items; }, 0, 100));
  pins.push_back(number("pipeline", [](Setting& s) -> auto& { return s.client.pipeline; }, 1, 100));
  pins.push_back(number("vanishes-percent", [](Setting& s) -> auto& { return s.client.vanishes_percent; }, 0, 100));
  pins.push_back(time("think", [](Setting& s) -> auto& { return s.client.think_most; }, 20ms));
  const auto at = [](auto member) { return [member](Setting& s) -> auto& { return s.weather.*member; }; };
  pins.push_back(time("delay-least", at(&Weather::delay_least)));
  pins.push_back(time("delay-most", at(&Weather::delay_most)));
  pins.push_back(time("tail", at(&Weather::tail_most)));
  pins.push_back(number("tail-ppm", at(&Weather::tail_ppm), 0, kMillion));
  pins.push_back(number("loss-ppm", at(&Weather::loss_ppm), 0, kMillion));
  pins.push_back(number("duplicate-ppm", at(&Weather::duplicate_ppm), 0, kMillion));
  pins.push_back(number("split-ppm", at(&Weather::split_ppm), 0, kMillion));
}

const std::vector<Pin>& pins() {
  static const std::vector<Pin> all = [] {
    std::vector<Pin> made;
    add_node(made);
    add_world(made);
    add_clients_and_weather(made);
    return made;
  }();
  return all;
}

const Pin* find(const std::string& name) {
  const auto it = std::find_if(pins().begin(), pins().end(), [&](const Pin& p) { return p.name == name; });
  return it == pins().end() ? nullptr : &*it;
}

}  // namespace

bool pin_exists(const std::string& name, const std::string& value) {
  const Pin* pin = find(name);
  Setting scratch = usual_setting();
  return pin && pin->read(scratch, value);
}

void set_pin(Setting& setting, const std::string& name, const std::string& value) {
  const Pin* pin = find(name);
  HC_CHECK(pin && pin->read(setting, value), name + "=" + value);
}

std::map<std::string, std::string> pins_of(const Setting& setting) {
  std::map<std::string, std::string> out;
  const Setting usual = usual_setting();
  for (const Pin& p : pins())
    if (std::string value = p.write(setting); !value.empty() && value != p.write(usual)) out.emplace(p.name, value);
  return out;
}

}  // namespace hc::sim
