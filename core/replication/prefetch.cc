// Hints before commands and messages: what they will look at is fetched into the processor's cache, of many at once.
//
// A slot that nobody looked at lately is far away in memory, and what is in it is found step by step: its replica, then
// its lead and its table's place, then the entry, the targets and who waits. Each step waits for memory; those of many
// slots wait together.
#include <array>

#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kLineBytes = 64;

void fetch_first(const void* what, std::size_t lines) {
  if (what == nullptr) return;
  for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(static_cast<const char*>(what) + i * kLineBytes);
}

// Of the first effect of an entry; empty if it has none.
Bytes first_key(const Append& m) {
  return m.entries.empty() ? Bytes() : key_of_first(m.entries.front().effects.bytes());
}

}  // namespace

void Replication::fetch(std::span<const Foreseen> all) const {
  // Then a command looks at no more than it must.
  const bool alone = (!view_ || view_->members.size() == 1) && !log_.on();
  for (const Foreseen& f : all) {
    fetch_first(f.replica, alone && !f.entry ? 2 : sizeof(Replica) / kLineBytes);
    if (log_.on()) log_.prefetch(slot_number(static_cast<std::size_t>(f.replica - replicas_.data())));
  }
  for (const Foreseen& f : all) {
    const Lead* const lead = f.replica->lead.get();
    if (lead != nullptr) fetch_first(lead, alone ? 1 : sizeof(Lead) / kLineBytes + 1);
    if (f.keyed && (lead != nullptr || f.entry)) f.replica->table.prefetch_place(f.hash);
    if (!alone) __builtin_prefetch(f.replica->tail.data() + f.replica->tail.size());
  }
  for (const Foreseen& f : all) {
    const Lead* const lead = f.replica->lead.get();
    if (f.keyed && (lead != nullptr || f.entry)) f.replica->table.prefetch_entry(f.hash);
    if (alone) continue;
    if (!f.replica->tail.empty()) f.replica->tail.front().effects.prefetch();
    if (lead == nullptr) continue;
    fetch_first(lead->targets.data(), 2);
    __builtin_prefetch(lead->waiters.data());
    __builtin_prefetch(lead->touched.data());
  }
}

// Of a walk over the slots in their order, which has come to this one.
void Replication::prefetch_next(Slot s) const {
  constexpr std::size_t kLeadAhead = 8, kTargetsAhead = 4;
  const auto lead_at = [&](std::size_t i) { return i < replicas_.size() ? replicas_[i].lead.get() : nullptr; };
  if (const Lead* const lead = lead_at(s.value + kLeadAhead)) fetch_first(lead, sizeof(Lead) / kLineBytes + 1);
  if (const Lead* const lead = lead_at(s.value + kTargetsAhead)) __builtin_prefetch(lead->targets.data());
}

void Replication::prefetch(std::span<const Bytes> keys) const {
  std::array<Foreseen, kAtOnce> all;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kAtOnce))) {
    std::size_t count = 0;
    for (const Bytes key : keys.first(std::min(keys.size(), kAtOnce)))
      all[count++] = {&replicas_[slot_of(key, config_.slots).value], hash_of(key), true, false};
    fetch(std::span(all).first(count));
  }
}

void Replication::foresee(std::span<const LogRecord> records) const {
  std::array<Foreseen, kAtOnce> all;
  for (; !records.empty(); records = records.subspan(std::min(records.size(), kAtOnce))) {
    std::size_t count = 0;
    for (const LogRecord& record : records.first(std::min(records.size(), kAtOnce))) {
      const auto* a = std::get_if<Applied>(&record);
      if (!a || a->slot.value >= replicas_.size()) continue;
      const Bytes key = key_of_first(a->entry.effects.bytes());
      all[count++] = {&replicas_[a->slot.value], key.empty() ? 0 : hash_of(key), !key.empty(), true};
    }
    fetch(std::span(all).first(count));
  }
}

void Replication::foresee(std::span<const Message> messages) const {
  std::array<Foreseen, kAtOnce> all;
  std::size_t count = 0;
  const auto add = [&](Slot slot, Bytes key, bool entry) {
    if (slot.value >= replicas_.size()) return;
    all[count++] = {&replicas_[slot.value], key.empty() ? 0 : hash_of(key), !key.empty(), entry};
    if (count == kAtOnce) fetch(std::span(all).first(std::exchange(count, 0)));
  };
  for (const Message& message : messages) {
    if (const auto* append = std::get_if<Append>(&message)) {
      add(append->slot, first_key(*append), true);
    } else if (const auto* appended = std::get_if<Appended>(&message)) {
      add(appended->slot, {}, false);
    } else if (const auto* forward = std::get_if<Forward>(&message); forward && forward->args.size() > 1) {
      add(slot_of(forward->args[1], config_.slots), forward->args[1], false);
    }
  }
  fetch(std::span(all).first(count));
}

}  // namespace hc
