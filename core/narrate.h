// One line of English per event and effect: for traces, and for people who read them. Decides nothing.
//
// Requires: what an event or effect borrows is still there.
#pragma once

#include <string>

#include "core/effect.h"
#include "core/event.h"

namespace hc {

std::string narrate(const Event& event);
std::string narrate(const Effect& effect);
std::string narrate(const Message& message);
std::string narrate(const Frame& frame);
std::string narrate(const GossipPacket& packet);
// `epoch 7, voters 1 2 3, members 1 2 3(absent)`; up to `slots_most` slots with their lists.
std::string narrate(const View& view, std::size_t slots_most = 4);
std::string narrate(const Reply& reply);

}  // namespace hc
