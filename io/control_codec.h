// Control messages <-> io/peer.proto: everything in core/message that is not of the data plane (io/records).
#pragma once

#include <variant>

#include "core/message/message.h"
#include "io/parts.h"

namespace hc {

namespace wire {
class Control;
}

// One overload for each control message. Requires: a view where the message is about one.
void put_control(const Hello& m, wire::Control& to, ViewMemo& views);
void put_control(const Welcome& m, wire::Control& to, ViewMemo& views);
void put_control(const Refused& m, wire::Control& to, ViewMemo& views);
void put_control(const ViewAsk& m, wire::Control& to, ViewMemo& views);
void put_control(const ViewIs& m, wire::Control& to, ViewMemo& views);
void put_control(const Prepare& m, wire::Control& to, ViewMemo& views);
void put_control(const Promise& m, wire::Control& to, ViewMemo& views);
void put_control(const Accept& m, wire::Control& to, ViewMemo& views);
void put_control(const AcceptedIs& m, wire::Control& to, ViewMemo& views);
void put_control(const Rejected& m, wire::Control& to, ViewMemo& views);
void put_control(const VoteCountAsk& m, wire::Control& to, ViewMemo& views);
void put_control(const VoteCountIs& m, wire::Control& to, ViewMemo& views);
void put_control(const ViewHeldAsk& m, wire::Control& to, ViewMemo& views);
void put_control(const ViewHeld& m, wire::Control& to, ViewMemo& views);
void put_control(const Reports& m, wire::Control& to, ViewMemo& views);
void put_control(const TailAsk& m, wire::Control& to, ViewMemo& views);
void put_control(const TailIs& m, wire::Control& to, ViewMemo& views);
void put_control(const DiscardAsk& m, wire::Control& to, ViewMemo& views);
void put_control(const DiscardOk& m, wire::Control& to, ViewMemo& views);
void put_control(const GossipByStream& m, wire::Control& to, ViewMemo& views);

// False: a sentence is in `decoding`.
bool get_control(const wire::Control& from, Message& message, Decoding& decoding);

}  // namespace hc
