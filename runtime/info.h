// INFO's sections: lines of "name:value" under a title. One function writes each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/desk.h"

namespace hc {

class InfoSection {
 public:
  InfoSection(std::string& text, std::string_view title) : text_(text) {
    if (!text_.empty()) text_ += "\r\n";
    text_.append("# ").append(title).append("\r\n");
  }
  InfoSection& line(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
    return *this;
  }
  InfoSection& line(std::string_view name, std::uint64_t value) { return line(name, std::to_string(value)); }

 private:
  std::string& text_;
};

// ---- what clients and commands did
void info_stats(std::string& text, const Desk& desk);
void info_command_stats(std::string& text, const Desk& desk);
void info_error_stats(std::string& text, const Desk& desk);
void info_latency_stats(std::string& text, const Desk& desk);

}  // namespace hc
