#include "runtime/recorder.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>

#include "io/framing.h"

namespace hc {

std::expected<Recorder, std::string> Recorder::open(const std::string& path) {
  Recorder r;
  r.path_ = path;
  r.file_.open(path, std::ios::binary | std::ios::trunc);
  if (!r.file_)
    return std::unexpected("--record: cannot write " + path + ": " + std::strerror(errno) +
                           "; give a file in a folder that exists");
  r.file_.write(kRecordingMagic.data(), static_cast<std::streamsize>(kRecordingMagic.size()));
  return r;
}

void Recorder::write(const std::string& payload) {
  if (failed_) return;
  if (payload.size() > kFrameBytesMax) {
    failed_ = true;
    spdlog::error("the recording {} ends here: an event of {} bytes is more than it can hold", path_, payload.size());
    return;
  }
  frame_.clear();
  append_frame(frame_, payload);
  file_.write(frame_.data(), static_cast<std::streamsize>(frame_.size()));
  if (file_) return;
  failed_ = true;
  spdlog::error("the recording {} ends here: it cannot be written: {}", path_, std::strerror(errno));
}

void Recorder::configured(const NodeConfig& config) { write(RecordingCodec::configuration(config)); }
void Recorder::happened(const Event& event, Now now) { write(codec_->event(event, now)); }
void Recorder::wanted(const std::vector<Effect>& effects) {
  if (!effects.empty()) write(codec_->effects(effects));
}
void Recorder::flush() {
  if (!failed_) file_.flush();
}

}  // namespace hc
