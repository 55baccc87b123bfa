// Which written values matter. What was written and never shown by any reply is one and the same to whoever looks (of
// one length, where lengths are told; numbers are left alone where numbers are told). Under one name its writers are
// alike, and the search has less to tell apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sim/check/flat_index.h"
#include "sim/check/history.h"

namespace hc::sim {

// Borrows the texts of the history.
class Names {
 public:
  explicit Names(const History& history);

  // The name of `value` where it differs from it.
  std::optional<std::string> of(const std::string& value) const;
  // For people: "…" where a text has such a name.
  std::string readable(const std::string& text) const;

 private:
  void index_pieces(std::vector<std::string_view> texts, const History& history);
  bool shown(std::string_view value) const;

  bool counts_ = false, lengths_ = false;
  std::optional<char> mark_;  // is in no reply; nullopt: all are, and every value keeps its name
  std::unordered_set<std::string_view> texts_;
  FlatIndex written_;  // hashes of the written values, where texts have parts: 1, if a text has this part
};

}  // namespace hc::sim
