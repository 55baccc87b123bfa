// The verbs of core/effect.h, in the lowest room that all who use them can see.
#include "core/effect.h"

namespace hc {

Effects::Effects() = default;
Effects::~Effects() = default;
Effects::Effects(Effects&& other) noexcept = default;
Effects& Effects::operator=(Effects&& other) noexcept = default;

void Effects::answer(ClientId client, RequestId request, Reply reply) {
  list_.emplace_back(Answer{client, request, std::move(reply)});
}
void Effects::dial(LinkId link, Address to) { list_.emplace_back(Dial{link, std::move(to)}); }
void Effects::close(LinkId link) { list_.emplace_back(Close{link}); }
void Effects::send(LinkId link, Frame frame) { list_.emplace_back(Send{link, std::move(frame)}); }
void Effects::gossip(Address to, GossipPacket packet) { list_.emplace_back(Gossip{std::move(to), std::move(packet)}); }
void Effects::store_vote(std::uint64_t id, VoteRecord record) { list_.emplace_back(StoreVote{id, std::move(record)}); }
void Effects::append_log(AppendLog append) { list_.emplace_back(std::move(append)); }
void Effects::keep_log(std::uint64_t id, std::uint64_t segment) { list_.emplace_back(KeepLog{id, segment}); }
void Effects::sync_log(std::uint64_t id) { list_.emplace_back(SyncLog{id}); }
void Effects::push(std::vector<ClientId> to, Reply message) {
  list_.emplace_back(Push{std::move(to), std::move(message)});
}
void Effects::announce(std::string type, std::string json) {
  list_.emplace_back(Announce{std::move(type), std::move(json)});
}
void Effects::became_ready() { list_.emplace_back(BecameReady{}); }
void Effects::stopped() { list_.emplace_back(Stopped{}); }
void Effects::note(std::string text, Note::Level level) { list_.emplace_back(Note{level, std::move(text)}); }
void Effects::clear() { list_.clear(); }

}  // namespace hc
