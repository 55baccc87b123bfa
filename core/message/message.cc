#include "core/message/message.h"

namespace hc {

std::string_view name_of(const Message& message) {
  static constexpr std::string_view kNames[] = {
      "Hello",      "Welcome",    "Refused",       "ViewAsk",      "ViewIs",         "Prepare",     "Promise",
      "Accept",     "AcceptedIs", "Rejected",      "VoteCountAsk", "VoteCountIs",    "Reports",     "LeaseAsk",
      "Grant",      "Append",     "Appended",      "TailAsk",      "TailIs",         "FillChunk",   "FillAck",
      "DiscardAsk", "DiscardOk",  "Forward",       "Forwarded",    "GossipByStream", "ViewHeldAsk", "ViewHeld",
      "Pressure",   "Interest",   "InterestKnown", "Publish",      "Published",      "Digests",     "FillRemains",
      "FillSums",   "FillWant"};
  static_assert(std::size(kNames) == std::variant_size_v<Message>);
  return kNames[message.index()];
}

std::uint32_t wire_since(const Proposal& proposal) {
  std::uint32_t since = 1;
  for (const Report& r : proposal.evidence) since = std::max(since, wire_since(r));
  return since;
}

std::uint32_t wire_since(const Message& message) {
  return std::visit([](const auto& m) { return wire_since_of(m); }, message);
}

namespace {

constexpr std::size_t kSmall = 64;

std::size_t weight_of(const Reply& reply) {
  std::size_t sum = 16 + reply.text.view.size();
  for (const Reply& item : reply.items) sum += weight_of(item);
  return sum;
}
std::size_t weight_of(const std::vector<Entry>& entries) {
  std::size_t sum = kSmall;
  for (const Entry& e : entries) sum += kSmall + e.effects.bytes().size();
  return sum;
}

}  // namespace

std::size_t weight(const Message& message) {
  if (const auto* append = std::get_if<Append>(&message)) return weight_of(append->entries);
  if (const auto* chunk = std::get_if<FillChunk>(&message)) return kSmall + chunk->effects.size();
  if (const auto* sums = std::get_if<FillSums>(&message)) return kSmall + 16 * sums->parts.size();
  if (const auto* answer = std::get_if<Forwarded>(&message)) return kSmall + weight_of(answer->reply);
  std::size_t sum = kSmall;
  if (const auto* publish = std::get_if<Publish>(&message))
    return kSmall + publish->channel.size() + publish->payload.size();
  if (const auto* interest = std::get_if<Interest>(&message))
    for (const Interest::One& one : interest->changes) sum += 16 + one.name.size();
  if (const auto* digests = std::get_if<Digests>(&message)) sum += digests->slots.size() * sizeof(Digests::One);
  if (const auto* forward = std::get_if<Forward>(&message))
    for (const Bytes arg : forward->args) sum += 8 + arg.size();
  if (const auto* tails = std::get_if<TailIs>(&message))
    for (const TailIs::One& one : tails->slots) sum += weight_of(one.entries);
  return sum;
}

}  // namespace hc
