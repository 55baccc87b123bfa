// What INFO counts about clients and commands as this process saw them. CONFIG RESETSTAT sets it back.
#pragma once

#include <cstdint>

namespace hc {

struct Statistics {
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t commands_processed = 0;
  std::uint64_t http_requests = 0;
  std::uint64_t bytes_in = 0;  // of connections that have ended
  std::uint64_t bytes_out = 0;
  std::uint64_t error_replies = 0;
  std::uint64_t reads_processed = 0, writes_processed = 0;
  std::uint64_t clients_over_limit = 0;  // closed for the size of their output
  std::uint64_t commands_last_second = 0, bytes_in_last_second = 0, bytes_out_last_second = 0;
};

}  // namespace hc
