#include "io/peer_codec.h"

#include <google/protobuf/arena.h>

#include <array>
#include <type_traits>

#include "core/base/check.h"
#include "io/control_codec.h"
#include "io/peer.pb.h"
#include "io/records.h"

namespace hc {
namespace {

// What most frames fit in. Where one needs more it is given back after the frame.
constexpr std::size_t kArenaBytes = std::size_t{16} << 10;

template <class M>
concept DataPlane = requires(const M& m, WireWriter& out) { write_record(m, out); };

}  // namespace

struct PeerCodec::Inside {
  std::array<char, kArenaBytes> block;
  google::protobuf::Arena arena{block.data(), block.size()};
  ViewMemo views;

  wire::Envelope& fresh() { return *google::protobuf::Arena::CreateMessage<wire::Envelope>(&arena); }

  static void put_head(const Frame& frame, wire::Envelope& envelope) {
    envelope.set_from(frame.from.value);
    envelope.set_from_generation_hi(frame.from_generation.hi);
    envelope.set_from_generation_lo(frame.from_generation.lo);
    envelope.set_to_generation_hi(frame.to_generation.hi);
    envelope.set_to_generation_lo(frame.to_generation.lo);
    envelope.set_session(frame.session);
    envelope.set_number(frame.number);
    envelope.set_installed(frame.installed.value);
  }

  static void get_head(const wire::Envelope& envelope, Frame& frame) {
    frame.from = NodeId(envelope.from());
    frame.from_generation = {envelope.from_generation_hi(), envelope.from_generation_lo()};
    frame.to_generation = {envelope.to_generation_hi(), envelope.to_generation_lo()};
    frame.session = envelope.session();
    frame.number = envelope.number();
    frame.installed = Epoch(envelope.installed());
  }

  void put_messages(const Frame& frame, wire::Envelope& envelope) {
    WireWriter records(*envelope.mutable_records());
    records.number(frame.messages.size());
    for (const Message& message : frame.messages) {
      std::visit(
          [&](const auto& m) {
            if constexpr (DataPlane<std::remove_cvref_t<decltype(m)>>) {
              write_record(m, records);
            } else {
              records.byte(static_cast<std::uint8_t>(RecordKind::kControl));
              put_control(m, *envelope.add_control(), views);
            }
          },
          message);
    }
  }

  std::string get_messages(const wire::Envelope& envelope, Frame& frame, std::size_t size) {
    DecodeBudget budget(kDecodeBytesFixed + kDecodeBytesPerByte * size);
    Decoding decoding{budget, views};
    WireReader in(envelope.records());
    const std::size_t count = in.count();
    if (!budget.take(count * sizeof(Message))) return "too much for one frame: messages";
    frame.messages.reserve(count);
    int control = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Message& message = frame.messages.emplace_back(std::in_place_type<ViewAsk>);  // costs nothing to replace
      const std::uint8_t kind = in.byte();
      if (kind != static_cast<std::uint8_t>(RecordKind::kControl)) {
        read_record(static_cast<RecordKind>(kind), in, budget, message);
        if (!in.ok()) return "a malformed record of kind " + std::to_string(kind);
      } else if (!in.ok() || control == envelope.control_size()) {
        return "it names more control messages than it has";
      } else if (!get_control(envelope.control(control++), message, decoding)) {
        return std::move(decoding.error);
      }
    }
    if (control < envelope.control_size()) return "it has more control messages than it names";
    return in.ended() ? std::string() : "it has more records than it says";
  }
};

PeerCodec::PeerCodec() : inside_(std::make_unique<Inside>()) {}
PeerCodec::~PeerCodec() = default;

void PeerCodec::encode(const Frame& frame, std::string& out) {
  Inside& in = *inside_;
  wire::Envelope& envelope = in.fresh();
  in.put_head(frame, envelope);
  in.put_messages(frame, envelope);
  HC_CHECK(envelope.AppendToString(&out), "a frame of more than 2 GiB");
  in.arena.Reset();
}

std::expected<Frame, std::string> PeerCodec::decode(Bytes payload) {
  Inside& in = *inside_;
  wire::Envelope& envelope = in.fresh();
  std::expected<Frame, std::string> frame;
  std::string wrong;
  if (payload.size() > kMessageBytesMax || !envelope.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    wrong = "its envelope is malformed";
  } else {
    in.get_head(envelope, *frame);
    wrong = in.get_messages(envelope, *frame, payload.size());
  }
  in.arena.Reset();
  if (!wrong.empty()) frame = std::unexpected("a frame of " + std::to_string(payload.size()) + " bytes: " + wrong);
  return frame;
}

std::string encode_frame(const Frame& frame) {
  std::string out;
  PeerCodec().encode(frame, out);
  return out;
}

std::expected<Frame, std::string> decode_frame(Bytes payload) { return PeerCodec().decode(payload); }

}  // namespace hc
