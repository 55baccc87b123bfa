// One connection to a member's port for Redis clients, which waits for its answers.
#pragma once

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>

#include "io/resp_client.h"
#include "tools/cli/http.h"

namespace hc::cli {

class Resp {
 public:
  // Throws Failure, as all of these do. `patience` is for each answer.
  Resp(const Door& door, std::chrono::milliseconds patience);
  ~Resp();
  Resp(const Resp&) = delete;
  Resp& operator=(const Resp&) = delete;

  void send(std::span<const Bytes> words);  // with the next read(), if not before
  std::size_t waiting() const { return out_.size(); }
  Reply read();
  Reply ask(std::initializer_list<Bytes> words);

 private:
  void flush();
  [[noreturn]] void fail(const std::string& what) const;

  Door door_;
  int socket_ = -1;
  std::string out_, in_;
  RespReplyParser parser_;
};

}  // namespace hc::cli
