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
  enum class Level : std::uint8_t { kInfo, kWarning, kError } level = Level::kInfo;
  std::string text;
};

struct AppendLog {  // answered by LogAppended, or by LogRefused; a failed fsync is fatal to the member (the host stops
                    // it)
  std::uint64_t id = 0;
  std::uint64_t segment = 0;  // a number that was not there before begins a segment. All before the one before is
                              // durable then
  bool sync = false;          // answered when it is durable, and all before it
  std::vector<LogRecord> records;
  bool packed = false;  // compressed, where that makes it smaller
};

struct SyncLog {  // make durable what was appended, by a process before too; answered by LogSynced
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

// One reused list. Written through verbs, drained by the host by overload. All of it is in core/message/effects.cc:
// what a variant of so many alternatives costs a compiler is paid there, once.
class Effects {
 public:
  Effects();
  ~Effects();
  Effects(Effects&& other) noexcept;
  Effects& operator=(Effects&& other) noexcept;

  void answer(ClientId client, RequestId request, Reply reply);
  void dial(LinkId link, Address to);
  void close(LinkId link);
  void send(LinkId link, Frame frame);
  void gossip(Address to, GossipPacket packet);
  void store_vote(std::uint64_t id, VoteRecord record);
  void append_log(AppendLog append);
  void keep_log(std::uint64_t id, std::uint64_t segment);
  void sync_log(std::uint64_t id);
  void push(std::vector<ClientId> to, Reply message);
  void announce(std::string type, std::string json);
  void became_ready();
  void stopped();
  void note(std::string text, Note::Level level = Note::Level::kInfo);

  bool empty() const { return list_.empty(); }
  std::vector<Effect>& list() { return list_; }
  const std::vector<Effect>& list() const { return list_; }
  void clear();

 private:
  std::vector<Effect> list_;
};

}  // namespace hc
