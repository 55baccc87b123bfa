#include "sim/vote_disk.h"

#include "sim/streams.h"

namespace hc::sim {

void VoteDisk::write(Schedule& schedule, std::uint32_t machine, std::uint64_t process, std::uint64_t id,
                     std::string bytes, Epoch view) {
  const Duration takes = draw(random_, least_, slow_);
  busy_until_ = std::max(busy_until_, schedule.now()) + takes;
  pending_.push_back({process, id, std::move(bytes), view});
  schedule.at(busy_until_, Kind::kSynced, machine, process);
}

std::optional<VoteDisk::Done> VoteDisk::synced(std::uint64_t process) {
  if (pending_.empty() || pending_.front().process != process) return std::nullopt;
  Write w = std::move(pending_.front());
  pending_.pop_front();
  if (fail_next_) {
    fail_next_ = false;
    if (random_.percent(50)) file_ = std::move(w.bytes);
    pending_.clear();
    return Done{w.id, true};
  }
  if (random_.percent(5)) keep_older();
  file_ = std::move(w.bytes);
  acknowledged_view_ = w.view;
  return Done{w.id, false};
}

void VoteDisk::crash() {
  for (std::uint64_t landed = random_.below(pending_.size() + 1); landed > 0; --landed) {
    file_ = std::move(pending_.front().bytes);
    pending_.pop_front();
  }
  pending_.clear();
  busy_until_ = {};
}

void VoteDisk::keep_older() {
  older_ = file_;
  older_view_ = acknowledged_view_;
}

void VoteDisk::rot() {
  if (!file_ || file_->empty()) return;
  for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
    char& byte = (*file_)[random_.below(file_->size())];
    byte = static_cast<char>(byte ^ static_cast<char>(random_.between(1, 255)));
  }
  rotten_ = true;
  acknowledged_view_ = Epoch(0);
}

void VoteDisk::restore() {
  if (!older_) return;
  file_ = older_;
  acknowledged_view_ = older_view_;
}

void VoteDisk::put_back(std::string file) {
  wipe();
  file_ = std::move(file);
}

void VoteDisk::wipe() {
  file_.reset();
  older_.reset();
  rotten_ = false;
  pending_.clear();
  acknowledged_view_ = Epoch(0);
}

}  // namespace hc::sim
