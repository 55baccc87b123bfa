// The folder that holds what a member must not forget. One process at a time: a lock file says which.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/view/ballot.h"

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
  // Puts the file there as a whole: when this returns, the new one survives a loss of power; before, the old one does.
  // Blocks. May be called from any thread, by one at a time.
  std::expected<void, std::string> write_vote(const std::string& bytes) const;

  std::string vote_path() const { return path_ + "/vote"; }

 private:
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace hc
