// Writes down what happens to the node and what it wants (io/recording), for `sim --replay`. Buffered; a disk that
// fails ends the recording, not the node.
#pragma once

#include <expected>
#include <fstream>
#include <string>

#include "io/recording.h"

namespace hc {

class Recorder {
 public:
  // The file is created anew; an error is a sentence.
  static std::expected<Recorder, std::string> open(const std::string& path);

  void configured(const NodeConfig& config);
  void happened(const Event& event, Now now);
  void wanted(const std::vector<Effect>& effects);
  void flush();

 private:
  void write(const std::string& payload);

  std::string path_;
  std::ofstream file_;
  std::unique_ptr<RecordingCodec> codec_ = std::make_unique<RecordingCodec>();
  std::string frame_;  // reused
  bool failed_ = false;
};

}  // namespace hc
