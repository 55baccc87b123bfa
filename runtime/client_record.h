// What is known of a RESP client beside its bytes: what CLIENT LIST shows and CLIENT KILL finds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace hc {

class ClientRecord {
 public:
  enum class Replies : std::uint8_t { kOn, kOff, kSkipNext, kSkipThis };  // CLIENT REPLY
  struct Buffers {
    std::size_t query_used = 0, query_free = 0, output = 0, output_capacity = 0, waiting = 0;
    std::uint64_t received = 0, sent = 0;  // bytes, ever
  };

  ClientId id;
  std::string address;        // of the client, "ip:port"
  std::string local_address;  // that it connected to
  int descriptor = -1;
  std::string name;
  std::string library_name, library_version;
  int protocol = 2;  // of RESP
  Replies replies = Replies::kOn;
  bool no_evict = false;
  bool no_touch = false;
  bool knows_map = false;       // asked for the map of the cluster: it is told where keys are
  bool reads_replicas = false;  // READONLY: it reads wherever it likes
  Time connected, last_command_at;
  std::string_view last_command;  // full name, "client|list"; points to what lives as long as the program
  bool close_after_reply = false;
  std::size_t channels = 0, patterns = 0, shard_channels = 0;  // that it listens to
  bool listens() const { return channels + patterns + shard_channels > 0; }

  virtual Buffers buffers() const = 0;
  virtual std::size_t held() const = 0;  // bytes of memory for what it asks and what it is answered
  virtual void give_back() = 0;          // of that, what is empty
  virtual void kill() = 0;               // closes it at once
  virtual void end_when_answered() = 0;  // reads no more, and closes when every reply is sent

 protected:
  ~ClientRecord() = default;
};

// In the order in which they came.
using ClientList = std::map<ClientId, ClientRecord*>;

}  // namespace hc
