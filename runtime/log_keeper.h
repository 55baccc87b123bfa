// The segments of the log as files in the data folder: read at the start, a little at a time while the loop runs; then
// appended to, and made durable on libuv's pool. The first sync is of what was found: an earlier process may have left
// some of the last two segments, and their names, to the kernel.
//
// What need not be durable is written at once, on the loop: the kernel takes it in some microseconds, and answers leave
// in the same turn. A failed fsync is fatal to the member, as what the kernel still has of it is unknown (Rebello et
// al., "Can Applications Recover from fsync Failures?", 2020). So is a failed write, unless there is no room (9e). The
// append that finds none is written in the room of a reserve, and the core is told that the disk is full; when that is
// used up, too, the file is made as it was before, and the append given back. There is room again when the reserves,
// the vote's first, can be put back.
#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "io/log_codec.h"
#include "io/log_reader.h"
#include "runtime/host.h"
#include "runtime/reserve.h"
#include "runtime/room_ahead.h"

namespace hc {

class LogKeeper {
 public:
  // `failed` is called with a sentence when something cannot be written or read: fatal to the member.
  LogKeeper(Loop& loop, std::string folder, Reserve& reserve, std::function<void(const std::string&)> failed);
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // Tells the host what the log says, then `done` which segment is free.
  void read(Host& host, std::function<void(std::uint64_t)> done);
  void append(AppendLog&& append);
  void sync(const SyncLog& sync);
  void keep(const KeepLog& keep);
  void close();  // no more calls to the host

  struct Figures {
    bool loading = false, last_write_ok = true, full = false;
    std::int64_t last_save = 0;  // seconds since 1970: when the last snapshot was durable, or the process began
    std::uint64_t bytes = 0, read = 0, to_read = 0, torn = 0;  // appended; read at the start, of so much
    std::uint64_t size = 0, base_size = 0;  // of all segments; and when the last snapshot was durable, or at the start
    Time reading_since{};
  };
  const Figures& figures() const { return figures_; }

 private:
  struct Work;  // on the pool
  std::expected<void, std::string> list();
  std::expected<std::uint64_t, std::string> read_first() const;
  void read_some();
  std::expected<std::string, std::string> contents(std::uint64_t number, std::size_t most) const;
  std::expected<void, std::string> cut_tail();
  struct Found {  // a segment of an earlier process
    int fd;
    std::string error;  // why it could not be opened
  };
  std::vector<Found> last_found() const;
  void look_for_room();
  std::expected<void, DiskError> put(const AppendLog& append);
  std::expected<void, DiskError> begin_segment(std::uint64_t number);
  std::expected<void, DiskError> end_segment();
  std::expected<void, DiskError> write(const std::string& bytes, bool synced);
  void forget_before(std::uint64_t segment);
  void fsync_later(std::uint64_t id, bool sync_only);
  void durable_before(std::uint64_t segment);
  void fail(const std::string& what);

  Loop& loop_;
  std::string folder_;
  Reserve& reserve_;  // of the vote, and of what the log begins with
  Reserve own_;
  Time look_again_{};  // whether there is room
  std::function<void(const std::string&)> failed_;
  Host* host_ = nullptr;
  Figures figures_;
  bool closing_ = false;

  // reading
  uv_idle_t idle_{};
  std::function<void(std::uint64_t)> done_;
  std::map<std::uint64_t, std::uint64_t> segments_;  // sizes
  std::optional<LogReader> reader_;

  // writing
  std::optional<SegmentWriter> writer_;
  int fd_ = -1;
  RoomAhead room_;
  // What else the next sync has to see to: segments before, and names.
  struct Undurable {
    std::uint64_t number;
    int fd;
  };
  std::vector<Undurable> before_;
  std::uint64_t named_ = 0;  // up to this segment the names are durable
};

}  // namespace hc
