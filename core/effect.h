// What a node can want of its host. Imperative, in order; values that the core lists, never calls it makes.
//
// Ownership: a reply may borrow from the store or from the event until the next step; everything else owns.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/event.h"

namespace hc {

struct Answer {
  ClientId client;
  RequestId request;
  Reply reply;
};
struct Dial {   // open a stream; answered by LinkOpened or LinkClosed
  LinkId link;  // chosen by the core: dialled links are odd, accepted links (chosen by the host) are even
  Address to;
};
struct Close {
  LinkId link;
};
struct Send {
  LinkId link;
  Frame frame;
};
struct Gossip {
  Address to;
  GossipPacket packet;
};
struct StoreVote {  // answered by VoteStored{id} once durable; a failure is fatal to the member (the host stops it)
  std::uint64_t id = 0;
  VoteRecord record;
};
struct BecameReady {};  // every slot that is ours is served, and we are in a view: print `ready`
struct Stopped {        // after StopAsked: nothing more to wait for
};
struct Note {  // for the log
  enum class Level : std::uint8_t { kInfo, kWarning } level = Level::kInfo;
  std::string text;
};

struct AppendLog {  // answered by LogAppended, or by LogRefused; a failed fsync is fatal to the member (the host stops
                    // it)
  std::uint64_t id = 0;
  std::uint64_t segment = 0;  // a number that was not there before begins a segment. All before is durable then
  bool sync = false;          // answered when it is durable, and all before it
  std::vector<LogRecord> records;
};

struct SyncLog {  // make durable what was appended; answered by LogSynced. Appends go on meanwhile
  std::uint64_t id = 0;
};
struct KeepLog {  // the log begins at this segment from now on, durably; what is older may go. Answered by LogKept,
                  // LogRefused
  std::uint64_t id = 0;
  std::uint64_t segment = 0;
};

struct Push {  // what they listen to says something; in the order of these effects
  std::vector<ClientId> to;
  Reply message;
};
struct Announce {    // something happened in the cluster: for whoever watches this member
  std::string type;  // "view-installed"
  std::string json;  // an object
};

using Effect = std::variant<Answer, Dial, Close, Send, Gossip, StoreVote, BecameReady, Stopped, Note, AppendLog,
                            SyncLog, KeepLog, Push, Announce>;

// One reused list. Written through verbs, drained by the host by overload.
class Effects {
 public:
  void answer(ClientId client, RequestId request, Reply reply) {
    list_.emplace_back(Answer{client, request, std::move(reply)});
  }
  void dial(LinkId link, Address to) { list_.emplace_back(Dial{link, std::move(to)}); }
  void close(LinkId link) { list_.emplace_back(Close{link}); }
  void send(LinkId link, Frame frame) { list_.emplace_back(Send{link, std::move(frame)}); }
  void gossip(Address to, GossipPacket packet) { list_.emplace_back(Gossip{std::move(to), std::move(packet)}); }
  void store_vote(std::uint64_t id, VoteRecord record) { list_.emplace_back(StoreVote{id, std::move(record)}); }
  void append_log(AppendLog append) { list_.emplace_back(std::move(append)); }
  void keep_log(std::uint64_t id, std::uint64_t segment) { list_.emplace_back(KeepLog{id, segment}); }
  void sync_log(std::uint64_t id) { list_.emplace_back(SyncLog{id}); }
  void push(std::vector<ClientId> to, Reply message) { list_.emplace_back(Push{std::move(to), std::move(message)}); }
  void announce(std::string type, std::string json) { list_.emplace_back(Announce{std::move(type), std::move(json)}); }
  void became_ready() { list_.emplace_back(BecameReady{}); }
  void stopped() { list_.emplace_back(Stopped{}); }
  void note(std::string text, Note::Level level = Note::Level::kInfo) {
    list_.emplace_back(Note{level, std::move(text)});
  }

  bool empty() const { return list_.empty(); }
  std::vector<Effect>& list() { return list_; }
  const std::vector<Effect>& list() const { return list_; }
  void clear() { list_.clear(); }

 private:
  std::vector<Effect> list_;
};

}  // namespace hc
