#include "runtime/log_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ranges>
#include <utility>

#include "runtime/clock.h"

namespace hc {
namespace {

constexpr Duration kReadAtOnce = 2ms;
constexpr Duration kLookEvery = 100ms;  // for room
constexpr std::int64_t kOwnReserve = std::int64_t{8} << 20;

std::unexpected<std::string> failed_to(const std::string& what, const std::string& path) {
  return std::unexpected("cannot " + what + " " + path + ": " + std::strerror(errno));
}

// A failed sync is fatal, for want of room too.
DiskError fatal(const std::string& text) { return {text, false}; }

std::expected<void, std::string> sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed_to("open", folder);
  const bool ok = ::fsync(fd) == 0;
  const auto result = ok ? std::expected<void, std::string>() : failed_to("sync", folder);
  ::close(fd);
  return result;
}

// As a whole: after a loss of power it says what it said, or this.
std::expected<void, DiskError> put_first(const std::string& folder, std::uint64_t first) {
  const std::string path = folder + "/" + kFirstName, beside = path + ".new", text = encode_first(first);
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return std::unexpected(disk_error("make", beside));
  std::expected<void, DiskError> written;
  errno = ENOSPC;  // what a write that wrote less does not say
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    written = std::unexpected(disk_error("write", beside));
  else if (::fsync(fd) != 0)
    written = std::unexpected(disk_error("sync", beside));
  ::close(fd);
  if (!written) return written;
  if (::rename(beside.c_str(), path.c_str()) != 0) return std::unexpected(disk_error("rename", beside));
  if (const auto named = sync_folder(folder); !named) return std::unexpected(fatal(named.error()));
  return {};
}

}  // namespace

LogKeeper::LogKeeper(Loop& loop, std::string folder, Reserve& reserve, std::function<void(const std::string&)> failed)
    : loop_(loop),
      folder_(std::move(folder)),
      reserve_(reserve),
      own_(folder_ + "/reserve", kOwnReserve),
      failed_(std::move(failed)) {
  uv_idle_init(loop.uv(), &idle_);
  idle_.data = this;
  figures_.last_save = std::time(nullptr);
}

void LogKeeper::fail(const std::string& what) {
  figures_.last_write_ok = false;
  if (!closing_) failed_(what);
}

void LogKeeper::close() {
  closing_ = true;
  if (writer_) room_.cut(fd_, writer_->size());  // if it stays the next process cuts it off
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
}

// ------------------------------------------------------------------------------------------------------------- reading

std::expected<std::uint64_t, std::string> LogKeeper::read_first() const {
  const std::string path = folder_ + "/" + kFirstName;
  if (!std::filesystem::exists(path)) return 1;
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (const auto first = decode_first(text)) return *first;
  return std::unexpected(path +
                         " is damaged: it does not say with which segment the log begins. In a cluster move the "
                         "log away and start the member again");
}

std::expected<void, std::string> LogKeeper::list() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return std::unexpected("cannot make " + folder_ + ": " + error.message());
  if (const auto named = sync_folder(folder_ + "/.."); !named) return named;
  own_.stands();  // from the beginning, if there is room
  const auto first = read_first();
  if (!first) return std::unexpected(first.error());
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const auto number = segment_number(entry.path().filename().string());
    if (!number) continue;
    if (*number < *first)
      std::filesystem::remove(entry.path(), error);  // left by an end amid their removal
    else
      segments_[*number] = entry.file_size(error);
  }
  if (error) return std::unexpected("cannot read " + folder_ + ": " + error.message());
  for (const auto& [number, size] : segments_) figures_.to_read += size;
  const auto numbers = std::views::keys(segments_);
  reader_.emplace(
      *first, std::vector<std::uint64_t>(numbers.begin(), numbers.end()),
      [this](std::uint64_t number, std::size_t most) { return contents(number, most); }, folder_);
  return {};
}

void LogKeeper::read(Host& host, std::function<void(std::uint64_t)> done) {
  host_ = &host;
  done_ = std::move(done);
  figures_.loading = true;
  figures_.reading_since = read_clocks().mono;
  if (const auto listed = list(); !listed) return fail(listed.error());
  uv_idle_start(&idle_, [](uv_idle_t* idle) { static_cast<LogKeeper*>(idle->data)->read_some(); });
}

std::expected<std::string, std::string> LogKeeper::contents(std::uint64_t number, std::size_t most) const {
  const std::string path = folder_ + "/" + segment_name(number);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed_to("read", path);
  std::string bytes;
  ssize_t count = 1;
  bytes.resize_and_overwrite(std::min<std::size_t>(most, segments_.at(number)), [&](char* to, std::size_t room) {
    std::size_t size = 0;
    while (count > 0 && size < room) {
      count = ::read(fd, to + size, room - size);
      if (count < 0 && errno == EINTR)
        count = 1;
      else if (count > 0)
        size += static_cast<std::size_t>(count);
    }
    return size;
  });
  std::expected<std::string, std::string> result = failed_to("read", path);
  ::close(fd);
  if (count < 0) return result;
  return bytes;
}

// What a process that died left half written is cut off, durably, before anything else is written.
std::expected<void, std::string> LogKeeper::cut_tail() {
  std::uint64_t whole = figures_.to_read;
  while (!segments_.empty()) {
    const auto [number, size] = *segments_.rbegin();
    const bool ends = number == reader_->last();
    const std::string path = folder_ + "/" + segment_name(number);
    if (ends && size == reader_->good() && size > 0) break;
    if (ends && reader_->good() > 0) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
      if (fd >= 0 && only_zeros(fd, reader_->good())) whole -= size - reader_->good();  // room that was not used
      const bool cut = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(reader_->good())) == 0 && ::fsync(fd) == 0;
      const auto result = failed_to("cut the torn tail of", path);
      if (fd >= 0) ::close(fd);
      if (!cut) return result;
      segments_[number] = reader_->good();
      break;
    }
    if (::unlink(path.c_str()) != 0) return failed_to("remove", path);
    segments_.erase(number);
  }
  figures_.torn = whole - reader_->read();
  return figures_.torn > 0 ? sync_folder(folder_) : std::expected<void, std::string>();
}

// Those before had to be durable when the last one was begun.
std::vector<LogKeeper::Found> LogKeeper::last_found() const {
  std::vector<Found> found;
  for (const auto& [number, size] : segments_ | std::views::reverse | std::views::take(2)) {
    const std::string path = folder_ + "/" + segment_name(number);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    found.push_back({fd, fd < 0 ? failed_to("open", path).error() : ""});
  }
  return found;
}

void LogKeeper::read_some() {
  const Time until = read_clocks().mono + kReadAtOnce;
  while (!closing_ && read_clocks().mono < until) {
    auto records = reader_->next();
    figures_.read = reader_->read();
    if (records) {
      host_->happened(LogRead{std::move(*records)});
      continue;
    }
    uv_idle_stop(&idle_);
    if (!reader_->error().empty()) return fail(reader_->error());
    if (const auto cut = cut_tail(); !cut) return fail(cut.error());
    const std::uint64_t next = reader_->last() + 1;
    reader_.reset();
    figures_.loading = false;
    figures_.size = figures_.base_size = figures_.read;
    return done_(next);
  }
}

// ------------------------------------------------------------------------------------------------------------- writing

struct LogKeeper::Work {
  LogKeeper& keeper;
  std::uint64_t id;
  bool sync_only = false;
  std::uint64_t segment = 0;  // that is kept; that is synced, and all before it
  std::uint64_t size = 0;     // of it, that is durable then
  std::vector<int> fds{};     // closed with it
  bool names = false;
  std::string error{};
  bool no_room = false;
  uv_work_t work{};

  ~Work() {
    for (const int fd : fds) ::close(fd);
  }
};

// That it is no longer than its successor says is durable before anything there is.
std::expected<void, DiskError> LogKeeper::end_segment() {
  if (fd_ < 0) return {};
  const std::int64_t room = room_.cut(fd_, writer_->size());
  if (room < 0)
    return std::unexpected(fatal(disk_error("cut the room off", folder_ + "/" + segment_name(writer_->number())).text));
  if (room == 0 && writer_->all_synced())
    ::close(fd_);
  else
    before_.push_back({writer_->number(), fd_});
  fd_ = -1;
  writer_.reset();
  return {};
}

// If there is no room for its beginning it was not begun.
std::expected<void, DiskError> LogKeeper::begin_segment(std::uint64_t number) {
  if (const auto ended = end_segment(); !ended) return ended;
  const std::string path = folder_ + "/" + segment_name(number);
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd_ < 0) return std::unexpected(disk_error("make", path));
  const auto before = segments_.find(number - 1);
  writer_.emplace(number, before == segments_.end() ? 0 : before->second);
  room_.begin_file();
  if (const auto written = write(writer_->header(), false); !written) {
    ::close(std::exchange(fd_, -1));
    writer_.reset();
    if (::unlink(path.c_str()) != 0) return std::unexpected(fatal(disk_error("remove", path).text));
    return written;
  }
  return {};
}

// All of it or nothing.
std::expected<void, DiskError> LogKeeper::write(const std::string& bytes, bool synced) {
  const std::uint64_t before = writer_->size() - bytes.size();
  room_.before_append(fd_, before, bytes.size(), synced);
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t count = ::pwrite(fd_, left.data(), left.size(), static_cast<off_t>(writer_->size() - left.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int why = errno;
      const std::string path = folder_ + "/" + segment_name(writer_->number());
      errno = why;
      DiskError error = disk_error("write to", path);
      writer_->take_back(before);
      room_.cut(fd_, before);
      const bool as_before = ::ftruncate(fd_, static_cast<off_t>(before)) == 0;
      return std::unexpected(as_before ? error : fatal(disk_error("cut what was half written off", path).text));
    }
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  figures_.bytes += bytes.size();
  figures_.size += bytes.size();
  segments_[writer_->number()] += bytes.size();
  return {};
}

std::expected<void, DiskError> LogKeeper::put(const AppendLog& append) {
  if (!writer_ || writer_->number() != append.segment)
    if (const auto begun = begin_segment(append.segment); !begun) return begun;
  return write(writer_->frame(append.records, append.packed), append.sync);
}

void LogKeeper::look_for_room() {
  const Time now = read_clocks().mono;
  if (now < look_again_) return;
  look_again_ = now + kLookEvery;
  figures_.full = !reserve_.stands() || !own_.stands();
}

void LogKeeper::append(AppendLog&& append) {
  if (figures_.full) look_for_room();
  const auto written = own_.with([&] { return put(append); });
  if (!written && !written.error().no_room) return fail(written.error().text);
  if (!written || own_.spent()) figures_.full = true;
  if (!written) return host_->happened(LogRefused{append.id, std::move(append.records), std::strerror(ENOSPC)});
  if (figures_.full)
    host_->happened(LogRefused{
        0, {}, "fewer than " + std::to_string(kOwnReserve >> 20) + " MiB are left, which the log keeps free"});
  if (append.sync) return fsync_later(append.id, false);
  host_->happened(LogAppended{append.id});
}

void LogKeeper::sync(const SyncLog& sync) { fsync_later(sync.id, true); }

// Durable first that the log begins there; then what is older is removed.
void LogKeeper::keep(const KeepLog& keep) {
  auto* work = new Work{.keeper = *this, .id = keep.id, .segment = keep.segment};
  work->work.data = work;
  uv_queue_work(
      loop_.uv(), &work->work,
      [](uv_work_t* w) {
        auto* self = static_cast<Work*>(w->data);
        const std::string& folder = self->keeper.folder_;
        const auto put = self->keeper.reserve_.with([&] { return put_first(folder, self->segment); });
        if (!put) self->error = put.error().text, self->no_room = put.error().no_room;
        std::error_code ignored;
        for (std::uint64_t n = self->segment; self->error.empty() && n-- > 1;)
          if (!std::filesystem::remove(folder + "/" + segment_name(n), ignored)) break;
      },
      [](uv_work_t* w, int) {
        const std::unique_ptr<Work> self(static_cast<Work*>(w->data));
        LogKeeper& keeper = self->keeper;
        if (!self->error.empty() && !self->no_room)
          return keeper.fail("the snapshot could not be kept: " + self->error);
        if (self->no_room) {
          if (!keeper.closing_) keeper.host_->happened(LogRefused{self->id, {}, std::strerror(ENOSPC)});
          return;
        }
        keeper.figures_.last_save = std::time(nullptr);
        keeper.forget_before(self->segment);
        if (!keeper.closing_) keeper.host_->happened(LogKept{self->id});
      });
}

void LogKeeper::forget_before(std::uint64_t segment) {
  while (!segments_.empty() && segments_.begin()->first < segment) {
    figures_.size -= std::min(figures_.size, segments_.begin()->second);
    segments_.erase(segments_.begin());
  }
  figures_.base_size = figures_.size;
}

void LogKeeper::fsync_later(std::uint64_t id, bool sync_only) {
  auto* work = new Work{*this, id, sync_only};
  if (writer_) {
    work->segment = writer_->number();
    work->size = writer_->size();
    const auto keep_open = [work](int fd) {
      work->fds.push_back(::dup(fd));
      if (work->fds.back() < 0 && work->error.empty()) work->error = std::strerror(errno);
    };
    for (const Undurable& segment : before_) keep_open(segment.fd);
    keep_open(fd_);  // the segment may be another one when its turn comes
  } else {
    for (Found& found : last_found()) {
      if (found.fd >= 0) work->fds.push_back(found.fd);
      if (work->error.empty()) work->error = std::move(found.error);
    }
  }
  work->names = !writer_ || named_ < work->segment;
  work->work.data = work;
  uv_queue_work(
      loop_.uv(), &work->work,
      [](uv_work_t* w) {
        auto* self = static_cast<Work*>(w->data);
        for (const int fd : self->fds)
          if (self->error.empty() && ::fdatasync(fd) != 0) self->error = std::strerror(errno);
        if (!self->names || !self->error.empty()) return;
        if (const auto named = sync_folder(self->keeper.folder_); !named) self->error = named.error();
      },
      [](uv_work_t* w, int) {
        const std::unique_ptr<Work> self(static_cast<Work*>(w->data));
        LogKeeper& keeper = self->keeper;
        if (!self->error.empty()) return keeper.fail("the log could not be made durable: " + self->error);
        if (keeper.closing_) return;
        keeper.durable_before(self->segment);
        keeper.named_ = std::max(keeper.named_, self->segment);
        if (keeper.writer_ && keeper.writer_->number() == self->segment) keeper.writer_->synced(self->size);
        if (self->sync_only)
          keeper.host_->happened(LogSynced{self->id});
        else
          keeper.host_->happened(LogAppended{self->id});
      });
}

void LogKeeper::durable_before(std::uint64_t segment) {
  std::erase_if(before_, [&](const Undurable& older) {
    if (older.number >= segment) return false;
    ::close(older.fd);
    return true;
  });
}

}  // namespace hc
