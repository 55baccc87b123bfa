// The folder that holds what a member must not forget. One process at a time: a lock file says which.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/vote_file.h"
#include "runtime/reserve.h"

namespace hc {

class DataFolder {
 public:
  // Makes the folder if there is none, and locks it. Errors are sentences for the operator.
  static std::expected<DataFolder, std::string> open(const std::string& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  // What the vote files hold; nullopt if there are none yet. Damage of both is an error; one alone, as a crash during a
  // write leaves it, is written anew from the other one.
  std::expected<std::optional<VoteRecord>, std::string> read_vote() const;
  // Requires: read_vote() has been called. Writes both files, where the disk is full in the room of the reserve: when
  // this returns, `bytes` survive a loss of power, and damage of one file; before, they or what was there before.
  // Blocks. May be called from any thread, by one at a time.
  std::expected<void, std::string> write_vote(const std::string& bytes) const;

  Reserve& reserve() const { return *reserve_; }

 private:
  std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::expected<void, std::string> restore_vote(std::string_view source, std::string_view other,
                                                const std::string& bytes) const;
  std::expected<void, std::string> in_reserve(const Reserve::Write& write) const;
  std::expected<void, DiskError> put_vote(std::string_view name, const std::string& bytes) const;
  std::expected<void, DiskError> replace_vote(std::string_view name, const std::string& bytes) const;
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
  std::unique_ptr<Reserve> reserve_;
};

}  // namespace hc
