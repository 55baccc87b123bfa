#include "sim/trace.h"

namespace hc::sim {

void Trace::line(Instant at, const std::string& who, const std::string& text) {
  std::string whole = seconds_text(at) + "  " + who + ": " + text;
  if (out_) std::fprintf(out_, "%s\n", whole.c_str());
  if (keep_ == 0 || at > until_) return;
  if (!key_.empty() && text.find(key_) == std::string::npos && who.find(key_) == std::string::npos &&
      text.find("view ") == std::string::npos && who != "nemesis")
    return;
  story_.push_back(std::move(whole));
  if (story_.size() > keep_) story_.pop_front();
}

}  // namespace hc::sim
