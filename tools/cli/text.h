// Figures and tables for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hc::cli {

std::string human_bytes(double bytes);                         // "1.5 GiB"
std::string human_time(std::optional<std::uint64_t> seconds);  // "3 min 20 s"; "-" if nobody knows
std::string percent(double part);                              // "42.3 %"

// Columns as wide as what stands in them, the first row being their names. Numbers stand to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> names) { rows_.push_back(std::move(names)); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hc::cli
