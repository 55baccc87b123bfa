// RESP, the protocol of Redis clients: bytes -> commands, replies -> bytes. As Redis 7.0.15 has it, error texts too.
//
// RespParser reads commands over the caller's buffer without copying them; it keeps its place, so a command that
// arrives in many pieces is looked at once. A protocol error ends the connection, after the error was sent.
// The other direction, for clients (simulator, CLI, tests), is RespReplyParser in io/resp_client.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/reply.h"

namespace hc {

inline constexpr std::size_t kInlineBytesMax = std::size_t{64} * 1024;          // also of a count's line
inline constexpr std::int64_t kBulkBytesMax = std::int64_t{512} * 1024 * 1024;  // proto-max-bulk-len
inline constexpr std::int64_t kArgsMax = 2147483647;

// A piece of some buffer.
struct Place {
  std::size_t at, size;
};

class RespParser {
 public:
  enum class Outcome : std::uint8_t { kNeedMore, kCommand, kError };

  // Reads the next command from the start of `buffer`. The caller drops the first `consumed` bytes before the next
  // call and then gives the rest again, with more behind it; the rest may have moved. Empty commands ("*0", an empty
  // line) are skipped.
  //   kCommand: args() has at least one. They borrow from `buffer`, or from the parser if they came inline, and end
  //             with the next call.
  //   kError:   error() is to be sent, then the connection closed; the parser must not be used any more.
  Outcome next(Bytes buffer, std::size_t& consumed);

  std::span<const Bytes> args() const { return args_; }
  const std::string& error() const { return error_; }  // "ERR Protocol error: …", without '-' and line end
  // After kNeedMore: at least so many bytes must be in the next buffer; for sizing it when a big bulk is on its way.
  std::size_t wanted() const { return wanted_; }
  // Bytes of memory for what is known of a command that is not whole.
  std::size_t held() const { return places_.capacity() * sizeof(Place) + args_.capacity() * sizeof(Bytes); }
  // While a password is required and not given: at most 10 arguments of 16384 bytes.
  void set_unauthenticated(bool unauthenticated) { unauthenticated_ = unauthenticated; }

 private:
  enum class Step : std::uint8_t { kDone, kNeedMore, kError };
  bool usual(Bytes buffer, std::size_t& consumed);
  bool header(Bytes command, char type, std::int64_t& number);
  Step multibulk(Bytes command);
  Step bulk(Bytes command);
  Step inline_command(Bytes command);
  Step line_end(Bytes command, const char* too_big, std::size_t& end);
  Step need(std::size_t bytes);
  Step fail(const std::string& what);
  void begin();
  void lend(Bytes from);

  std::vector<Bytes> args_;
  std::vector<Place> places_;     // of the arguments found, relative to the command's first byte
  std::size_t at_ = 0;            // how far it was read, likewise; 0 = nothing yet
  std::size_t searched_ = 0;      // up to where there is no line end, likewise
  std::int64_t missing_ = 0;      // arguments still to come
  std::int64_t bulk_bytes_ = -1;  // of the argument at at_; -1 = not read yet
  std::size_t wanted_ = 0;
  std::string unquoted_;  // inline arguments
  std::string error_;
  bool unauthenticated_ = false;
};

// The second arguments, so for most commands the keys, of the first commands in `buffer` that are whole and of the
// usual form; at most keys.size(). Returns how many. For hints: it may miss some, or give what is no key.
std::size_t foresee_keys(Bytes buffer, std::span<Bytes> keys);

// Splits an inline command as Redis' sdssplitargs does: "…" with the escapes \n \r \t \b \a \xHH (any other byte
// stands for itself), '…' with \' only. False: unbalanced quotes. The arguments are appended to `storage`, at `places`.
bool split_inline(Bytes line, std::string& storage, std::vector<Place>& places);

// Appends the reply; `version` is 2 or 3 (HELLO). Line ends inside simple texts and errors become blanks.
void write_reply(const Reply& reply, int version, std::string& out);
// Appends "$<size>\r\n": for a host that writes a big value by reference; the value and "\r\n" follow.
void write_bulk_header(std::size_t size, std::string& out);
// Appends "*<count>\r\n": so many replies follow.
void write_array_header(std::size_t count, std::string& out);

}  // namespace hc
