// Makes votes durable, in order, off the loop. While one is being written, newer ones wait; of those only the newest is
// written, since each record holds everything and stands for all before it.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/effect.h"
#include "io/vote_file.h"
#include "runtime/data_folder.h"
#include "runtime/host.h"

namespace hc {

class VoteKeeper {
 public:
  // `failed` is called with a sentence when a vote cannot be made durable: fatal to the member.
  VoteKeeper(Loop& loop, DataFolder& folder, std::function<void(const std::string&)> failed);
  VoteKeeper(const VoteKeeper&) = delete;
  VoteKeeper& operator=(const VoteKeeper&) = delete;

  void attach(Host& host) { host_ = &host; }
  void store(const StoreVote& vote);
  void close() { closing_ = true; }  // no more calls to the host

 private:
  void begin(StoreVote vote);
  void done();

  Loop& loop_;
  DataFolder& folder_;
  std::function<void(const std::string&)> failed_;
  Host* host_ = nullptr;
  VoteEncoder encoder_;  // of the thread that writes, as are the bytes
  uv_work_t work_{};
  std::optional<StoreVote> now_;  // being written
  std::optional<StoreVote> next_;
  std::optional<std::string> error_;  // of the thread that writes; read when it is done
  bool closing_ = false;
};

}  // namespace hc
