// Any bytes as commands, and as replies: read whole or in pieces they are the same, and nothing breaks.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "io/resp.h"
#include "io/resp_client.h"

namespace hc {
namespace {

struct Heard {
  std::vector<std::string> words;  // of all commands, each command's end marked
  std::string error;
  bool operator==(const Heard&) const = default;
};

// The first `piece` bytes first, then so many more each time.
Heard hear(Bytes input, std::size_t piece) {
  RespParser parser;
  Heard heard;
  std::size_t begin = 0, end = 0;
  while (end < input.size()) {
    end = std::min(input.size(), end + piece);
    for (;;) {
      std::size_t consumed = 0;
      const auto outcome = parser.next(input.substr(begin, end - begin), consumed);
      HC_CHECK(consumed <= end - begin, "more was consumed than given");
      if (outcome == RespParser::Outcome::kCommand) {
        HC_CHECK(!parser.args().empty(), "a command without a name");
        for (const Bytes arg : parser.args()) heard.words.emplace_back(arg);
        heard.words.emplace_back("\n");
      }
      begin += consumed;
      if (outcome == RespParser::Outcome::kError) {
        heard.error = parser.error();
        return heard;
      }
      if (outcome == RespParser::Outcome::kNeedMore) break;
    }
  }
  return heard;
}

void read_replies(Bytes input) {
  RespReplyParser parser;
  Reply reply;
  for (std::size_t consumed = 0; !input.empty(); input.remove_prefix(consumed))
    if (parser.next(input, consumed, reply) != RespReplyParser::Outcome::kReply) return;
}

}  // namespace
}  // namespace hc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hc::Bytes input(reinterpret_cast<const char*>(data), size);
  const hc::Heard whole = hc::hear(input, std::max<std::size_t>(size, 1));
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 7;
  HC_CHECK(hc::hear(input, piece) == whole, "in pieces it reads otherwise");
  hc::read_replies(input);
  return 0;
}
