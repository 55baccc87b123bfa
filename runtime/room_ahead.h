// Room behind the end of the segment that is being written: zeros that are on the disk already. The sync of a file that
// grows has the file system write its new size into its journal, too, and takes twice as long; so where one append
// after the other is made durable, they find room that is there. Whoever reads the log takes zeros for what was never
// written; but they have to be gone, durably, before a frame of a later segment says that something was durable. So
// they go with the first append that is not synced, and at the end of the segment, to be synced with it. Large appends
// need no room: to write everything twice would cost them more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hc {

class RoomAhead {
 public:
  static constexpr std::size_t kBytes = std::size_t{256} << 10;

  // So many bytes are to be appended at `end`, and synced or not. Makes room if that is of use and the disk has it.
  void before_append(int fd, std::uint64_t end, std::size_t bytes, bool synced);
  // The file ends at `end` again. What was there beyond? Negative: errno says why it could not be cut.
  std::int64_t cut(int fd, std::uint64_t end);
  // Another file is written from now on.
  void begin_file();

 private:
  std::uint64_t until_ = 0;  // the file is at least so long
  unsigned synced_in_a_row_ = 0;
  bool no_room_ = false;  // for zeros: not tried again in this file
};

// Nothing but zeros stands in the file from there on.
bool only_zeros(int fd, std::uint64_t begin);

}  // namespace hc
