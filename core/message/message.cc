#include "core/message/message.h"

namespace hc {

std::string_view name_of(const Message& message) {
  static constexpr std::string_view kNames[] = {
      "Hello",      "Welcome",    "Refused",  "ViewAsk",      "ViewIs",        "Prepare",   "Promise",
      "Accept",     "AcceptedIs", "Rejected", "VoteCountAsk", "VoteCountIs",   "Reports",   "LeaseAsk",
      "Grant",      "Append",     "Appended", "TailAsk",      "TailIs",        "FillChunk", "FillAck",
      "DiscardAsk", "DiscardOk",  "Forward",  "Forwarded",    "GossipByStream"};
  static_assert(std::size(kNames) == std::variant_size_v<Message>);
  return kNames[message.index()];
}

}  // namespace hc
