#include "runtime/stop_signals.h"

#include <csignal>
#include <utility>

namespace hc {

StopSignals::StopSignals(Loop& loop, std::function<void()> asked) : asked_(std::move(asked)) {
  std::signal(SIGPIPE, SIG_IGN);
  constexpr std::array kNumbers = {SIGTERM, SIGINT};
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    uv_signal_init(loop.uv(), &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(
        &signals_[i], [](uv_signal_t* signal, int) { static_cast<StopSignals*>(signal->data)->asked_(); }, kNumbers[i]);
  }
}

StopSignals::~StopSignals() = default;

void StopSignals::close() {
  for (uv_signal_t& signal : signals_) uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
}

}  // namespace hc
