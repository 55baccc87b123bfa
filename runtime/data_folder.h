// The folder that holds what a member must not forget. One process at a time: a lock file says which.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "core/view/ballot.h"
#include "runtime/reserve.h"

namespace hc {

class DataFolder {
 public:
  // Makes the folder if there is none, and locks it. Errors are sentences for the operator.
  static std::expected<DataFolder, std::string> open(const std::string& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  // What the vote file holds; nullopt if there is none yet. Damage is an error.
  std::expected<std::optional<VoteRecord>, std::string> read_vote() const;
  // Puts the file there as a whole, where the disk is full in the room of the reserve: when this returns, the new one
  // survives a loss of power; before, the old one does. Blocks. May be called from any thread, by one at a time.
  std::expected<void, std::string> write_vote(const std::string& bytes) const;

  Reserve& reserve() const { return *reserve_; }
  std::string vote_path() const { return path_ + "/vote"; }

 private:
  std::expected<void, DiskError> put_vote(const std::string& bytes) const;
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
  std::unique_ptr<Reserve> reserve_;
};

}  // namespace hc
