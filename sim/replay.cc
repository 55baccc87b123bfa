#include "sim/replay.h"

#include <cstdio>
#include <fstream>
#include <optional>
#include <vector>

#include "core/narrate.h"
#include "core/node.h"
#include "core/store/hash.h"
#include "io/framing.h"
#include "io/recording.h"

namespace hc::sim {
namespace {

// The payloads of a file, one after the other.
class Records {
 public:
  explicit Records(const std::string& path) : file_(path, std::ios::binary) {}

  // What is wrong with the file; empty if nothing is.
  std::string begin() {
    if (!file_) return "cannot be read";
    std::string magic(kRecordingMagic.size(), '\0');
    file_.read(magic.data(), static_cast<std::streamsize>(magic.size()));
    return magic == kRecordingMagic ? "" : "is no recording of this version: it does not begin with HCRECORD 2";
  }
  // nullopt: the end. Throws nothing; a damaged record is the sentence in `wrong`.
  std::optional<std::string> next(std::string& wrong) {
    while (true) {
      auto payload = frames_.next();
      if (!payload) {
        wrong = payload.error();
        return std::nullopt;
      }
      if (*payload) return std::string(**payload);
      const std::span<char> room = frames_.prepare();
      file_.read(room.data(), static_cast<std::streamsize>(room.size()));
      const auto got = static_cast<std::size_t>(file_.gcount());
      frames_.commit(got);
      if (got == 0) return std::nullopt;
    }
  }
  bool rest() const { return frames_.buffered() > 0; }

 private:
  std::ifstream file_;
  FrameAssembler frames_;
};

class Player {
 public:
  Player(const std::string& path, bool told) : records_(path), tells_(told) {}

  Replay play() {
    if (std::string wrong = records_.begin(); !wrong.empty()) return unreadable(wrong);
    auto first = records_.next(wrong_);
    if (!first) return unreadable(wrong_.empty() ? "it is empty" : wrong_);
    auto config = RecordingCodec::read_configuration(*first);
    if (!config) return unreadable(config.error());
    node_.emplace(std::move(*config));
    while (auto payload = records_.next(wrong_)) {
      if (payload->starts_with('F')) {
        auto wanted = then_.read_effects(*payload);
        if (!wanted) return unreadable(wanted.error());
        expected_ = std::move(*wanted);
        continue;
      }
      if (!compare()) return result_;
      if (std::string wrong = then_.read_event(*payload, read_); !wrong.empty()) return unreadable(wrong);
      step();
    }
    if (!wrong_.empty()) return unreadable(wrong_);
    result_.cut = records_.rest();
    if (!result_.cut) compare();
    return result_;
  }

 private:
  Replay unreadable(const std::string& why) {
    result_.end = Replay::End::kUnreadable;
    result_.reason = "after " + std::to_string(result_.events) + " events: " + why;
    return result_;
  }

  void step() {
    if (result_.events++ == 0) begun_ = read_.now.mono;
    result_.nanoseconds = (read_.now.mono - begun_).count();
    told_ = narrate(read_.event);
    effects_.clear();
    node_->step(std::move(read_.event), read_.now, effects_);
    words_.clear();
    for (const Effect& effect : effects_.list()) words_.push_back(narrate(effect));
    if (tells_) tell();
    seen_ = now_.seen(effects_.list());
    for (const EffectSeen& s : seen_) result_.hash = hash_mix(result_.hash ^ s.kind, hash_bytes(s.bytes, s.number));
    result_.effects += seen_.size();
  }

  void tell() const {
    const double seconds = static_cast<double>(result_.nanoseconds) / 1e9;
    std::printf("%10.6f %s\n", seconds, told_.c_str());
    for (const std::string& words : words_) std::printf("             -> %s\n", words.c_str());
  }

  // What the last event led to, then and now.
  bool compare() {
    const std::vector<EffectSeen> then = std::exchange(expected_, {});
    if (then == seen_) return true;
    std::size_t i = 0;
    while (i < then.size() && i < seen_.size() && then[i] == seen_[i]) ++i;
    const auto describe = [](const EffectSeen& s) {
      return "effect of kind " + std::to_string(s.kind) + ", number " + std::to_string(s.number) + ", " +
             std::to_string(s.bytes.size()) + " bytes";
    };
    result_.end = Replay::End::kDiffers;
    result_.reason = "event " + std::to_string(result_.events) + " (" + told_ + "): effect " + std::to_string(i + 1) +
                     " was " + (i < then.size() ? describe(then[i]) : "none") + ", and is now " +
                     (i < seen_.size() ? describe(seen_[i]) + ": " + words_[i] : "none");
    return false;
  }

  Records records_;
  RecordingCodec then_, now_;
  std::optional<Node> node_;
  EventRead read_;
  Effects effects_;
  std::vector<EffectSeen> seen_, expected_;
  std::vector<std::string> words_;
  std::string told_, wrong_;
  bool tells_;
  Time begun_{};
  Replay result_;
};

}  // namespace

Replay replay(const std::string& path, bool told) { return Player(path, told).play(); }

}  // namespace hc::sim
