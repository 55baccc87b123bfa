// A recording of one node: its configuration, every event with its time, and what it wanted of its host in answer. The
// core is a pure function of this, so whoever feeds it the same must see the same (sim --replay).
//
// The file: the line "HCRECORD 2\n", then records, framed as on a link (io/framing): 'C' configuration, once, first;
// 'E' an event; 'F' the effects of the event before it, left out where there are none. A recording of a process that
// was killed may end within a record.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/time.h"
#include "core/effect.h"
#include "io/peer_codec.h"

namespace hc {

inline constexpr Bytes kRecordingMagic = "HCRECORD 2\n";

// An effect in a form that is compared: which one, its number (link, client and so on), its bytes.
struct EffectSeen {
  std::uint32_t kind = 0;  // index in the variant
  std::uint64_t number = 0;
  std::string bytes;
  bool operator==(const EffectSeen&) const = default;
};

// An event that was read. The words of a command, which an event borrows, are kept here.
struct EventRead {
  Now now;
  Event event;
  std::vector<std::string> words;
  std::vector<Bytes> args;
};

// Keeps codecs that remember views, and reused buffers; one per recording.
class RecordingCodec {
 public:
  // Each gives the payload of one record.
  static std::string configuration(const NodeConfig& config);
  std::string event(const Event& event, Now now);
  std::string effects(const std::vector<Effect>& effects);

  static std::expected<NodeConfig, std::string> read_configuration(Bytes payload);
  // Into `read`, whose event borrows from it. What is wrong, as a sentence; empty: nothing.
  std::string read_event(Bytes payload, EventRead& read);
  std::expected<std::vector<EffectSeen>, std::string> read_effects(Bytes payload);

  std::vector<EffectSeen> seen(const std::vector<Effect>& effects);

 private:
  EffectSeen seen(const Effect& effect);
  PeerCodec codec_;
};

}  // namespace hc
