// /api/filter/stats: the filters over the keys of this node's slots, all together.
#include "core/store/key_filter.h"
#include "core/store/slot_table.h"
#include "io/json_writer.h"
#include "runtime/pages.h"

namespace hc {
namespace {

struct Sums {
  std::uint64_t filters = 0, size = 0, capacity = 0, bytes = 0;
  KeyFilterLookUps look_ups;
};

Sums sums_of(const Node& node) {
  Sums sums;
  for (std::uint32_t slot = 0; slot < node.config().slots; ++slot) {
    const SlotTable& table = node.table(Slot{static_cast<std::uint16_t>(slot)});
    if (table.filter_ppm() == 0) continue;
    const KeyFilterFigures figures = table.filter_figures();
    ++sums.filters;
    sums.size += figures.keys;
    sums.capacity += figures.capacity;
    sums.bytes += figures.bytes;
    sums.look_ups += figures.look_ups;
  }
  return sums;
}

double part(std::uint64_t of, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(of) / static_cast<double>(all);
}

}  // namespace

std::string filter_page(const Office& office) {
  const Sums s = sums_of(office.node);
  const std::uint32_t ppm = office.node.key_filter_ppm();
  JsonWriter json;
  json.text("node", name_of(office.node.self().id)).text("mode", office.settings.live().cuckoo_filter);
  json.flag("enabled", ppm != 0).real("configured_false_positive_rate", office.settings.live().cuckoo_fpp_ppm / 1e6);
  json.number("filters", s.filters).number("size", s.size).number("capacity", s.capacity);
  json.real("load_factor", part(s.size, s.capacity)).number("memory_usage", s.bytes);
  json.number("lookups", s.look_ups.asked).number("denied", s.look_ups.denied);
  json.number("false_positives", s.look_ups.false_positives);
  json.real("false_positive_rate", part(s.look_ups.false_positives, s.look_ups.false_positives + s.look_ups.denied));
  return json.end();
}

}  // namespace hc
