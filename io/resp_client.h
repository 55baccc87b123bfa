// RESP from the client's side: commands -> bytes, bytes (RESP 2 or 3) -> replies. For the simulator, the CLI and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/reply.h"

namespace hc {

// Appends the command as an array of bulks.
void write_command(std::span<const Bytes> args, std::string& out);
void write_command(std::initializer_list<Bytes> args, std::string& out);

// Incremental. Replies are their own. RESP 3's booleans become integers 0 and 1, big numbers and blob errors simple
// texts and errors; attributes are dropped.
class RespReplyParser {
 public:
  enum class Outcome : std::uint8_t { kNeedMore, kReply, kError };

  // Reads on at the start of `buffer`; the caller drops the first `consumed` bytes before the next call, whatever the
  // outcome, and gives the rest again with more behind it. kReply: `reply` was set. kError: error() says why; nothing
  // more can be read.
  Outcome next(Bytes buffer, std::size_t& consumed, Reply& reply);
  // The reply was an out-of-band message (RESP 3 push: pub/sub, invalidation). Its kind is kArray.
  bool was_push() const { return was_push_; }
  const std::string& error() const { return error_; }

  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::int64_t kItemsMax = 1 << 27;

 private:
  struct Open {  // an aggregate that is not complete
    Reply reply;
    std::int64_t missing;
    bool attribute, push;
  };
  enum class Step : std::uint8_t { kNeedMore, kItem, kOpened, kError };
  Step step(Bytes buffer, std::size_t& at, Reply& item);
  Step line_item(char type, Bytes line, Reply& item);
  Step open(Reply::Kind kind, std::int64_t items, bool attribute, bool push, Reply& item);
  Step fail(std::string what);
  // Puts a finished item where it belongs. True: the whole reply is complete, in `item`.
  bool close(Reply& item);

  std::vector<Open> open_;
  std::string error_;
  bool was_push_ = false;
};

}  // namespace hc
