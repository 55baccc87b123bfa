#include "tools/cli/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace hc::cli {
namespace {

bool is_number(const std::string& cell) {
  return !cell.empty() && cell.front() >= '0' && cell.front() <= '9' && cell.find(':') == std::string::npos;
}

std::string one_place(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

}  // namespace

std::string human_bytes(double bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return (unit == 0 ? std::to_string(static_cast<std::uint64_t>(bytes)) : one_place(bytes)) + " " + kUnits[unit];
}

std::string human_time(std::optional<std::uint64_t> seconds) {
  if (!seconds) return "-";
  const std::uint64_t s = *seconds;
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return std::to_string(s / 60) + " min " + std::to_string(s % 60) + " s";
  return std::to_string(s / 3600) + " h " + std::to_string(s / 60 % 60) + " min";
}

std::string percent(double part) { return one_place(part) + " %"; }

std::string Table::text() const {
  std::vector<std::size_t> widths;
  std::vector<bool> numbers(rows_.front().size(), rows_.size() > 1);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], row[i].size());
      if (&row != &rows_.front() && !is_number(row[i]) && row[i] != "-") numbers[i] = false;
    }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (numbers[i] ? blanks + row[i] : row[i] + blanks);
    }
    text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace hc::cli
