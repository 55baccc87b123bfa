#include "io/peer_codec.h"

#include <google/protobuf/arena.h>

#include <array>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "io/control_codec.h"
#include "io/envelope.h"
#include "io/peer.pb.h"
#include "io/records.h"

namespace hc {
namespace {

// What most frames fit in. Where one needs more it is given back after the frame.
constexpr std::size_t kArenaBytes = std::size_t{16} << 10;
constexpr std::size_t kControlsKept = 1024;
constexpr std::size_t kKeptBytesMost = std::size_t{1} << 20;  // of what was written, for the next frame

template <class M>
concept DataPlane = requires(const M& m, WireWriter& out) { write_record(m, out); };

}  // namespace

struct PeerCodec::Inside {
  explicit Inside(std::size_t views_kept) : views(views_kept) {}

  std::array<char, kArenaBytes> block;
  google::protobuf::Arena arena{block.data(), block.size()};
  ViewMemo views;

  EnvelopeParts parts;                      // of the frame that is read
  std::string records_kept, controls_kept;  // of the one that is written; kept for their memory
  std::vector<Report> reported;             // last, to one member after the other: encoded once,
  std::string reported_kept;                // as this
  bool used = false;                        // the arena, by this frame

  // Until rest(); nullptr: it is malformed.
  template <class M>
  const M* parsed(Bytes bytes) {
    M& m = fresh<M>();
    return m.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? &m : nullptr;
  }
  template <class M>
  M& fresh() {
    used = true;
    return *google::protobuf::Arena::CreateMessage<M>(&arena);
  }
  void rest() {
    if (std::exchange(used, false)) arena.Reset();
    if (parts.control.capacity() > kControlsKept) parts.control = {};
  }

  static void get_head(const wire::Envelope& envelope, Frame& frame) {
    frame.from = NodeId(envelope.from());
    frame.from_generation = {envelope.from_generation_hi(), envelope.from_generation_lo()};
    frame.to_generation = {envelope.to_generation_hi(), envelope.to_generation_lo()};
    frame.session = envelope.session();
    frame.number = envelope.number();
    frame.installed = Epoch(envelope.installed());
  }

  void put_messages(const Frame& frame, std::string& out) {
    records_kept.clear();
    controls_kept.clear();
    WireWriter records(records_kept);
    records.number(frame.messages.size());
    for (const Message& message : frame.messages) {
      std::visit(
          [&](const auto& m) {
            if constexpr (DataPlane<std::remove_cvref_t<decltype(m)>>) {
              write_record(m, records);
            } else {
              records.byte(static_cast<std::uint8_t>(RecordKind::kControl));
              append_control(m, controls_kept);
            }
          },
          message);
    }
    write_envelope_records(records_kept, out);
    out += controls_kept;
    if (records_kept.capacity() + controls_kept.capacity() > kKeptBytesMost) records_kept = {}, controls_kept = {};
    if (reported_kept.capacity() > kKeptBytesMost) reported = {}, reported_kept = {};
  }

  template <class M>
  void append_control(const M& m, std::string& out) {
    wire::Control& control = fresh<wire::Control>();
    put_control(m, control, views);
    write_envelope_control(control.ByteSizeLong(), out);
    HC_CHECK(control.AppendToString(&out), "a message of more than 2 GiB");
  }
  void append_control(const Reports& m, std::string& out) {
    if (reported_kept.empty() || m.reports != reported) {
      reported = m.reports;
      reported_kept.clear();
      append_control<Reports>(m, reported_kept);
    }
    out += reported_kept;
  }

  // What read_envelope() leaves to protobuf. False: it is malformed.
  bool read_by_protobuf(Bytes payload, Frame& frame) {
    const wire::Envelope* const envelope = parsed<wire::Envelope>(payload);
    if (envelope == nullptr) return false;
    get_head(*envelope, frame);
    parts.records = envelope->records();
    parts.control.clear();
    for (const wire::Control& control : envelope->control()) {
      std::string& bytes = *google::protobuf::Arena::Create<std::string>(&arena);
      control.AppendToString(&bytes);
      parts.control.emplace_back(bytes);
    }
    return true;
  }

  std::string get_messages(const EnvelopeParts& envelope, Frame& frame, std::size_t size) {
    DecodeBudget budget(kDecodeBytesFixed + kDecodeBytesPerByte * size);
    Decoding decoding{budget, views};
    WireReader in(envelope.records);
    const std::size_t count = in.count();
    if (!budget.take(count * sizeof(Message))) return "too much for one frame: messages";
    frame.messages.reserve(count);
    std::size_t control = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Message& message = frame.messages.emplace_back(std::in_place_type<ViewAsk>);  // costs nothing to replace
      const std::uint8_t kind = in.byte();
      if (kind != static_cast<std::uint8_t>(RecordKind::kControl)) {
        read_record(static_cast<RecordKind>(kind), in, budget, message);
        if (!in.ok()) return "a malformed record of kind " + std::to_string(kind);
      } else if (!in.ok() || control == envelope.control.size()) {
        return "it names more control messages than it has";
      } else if (const wire::Control* m = parsed<wire::Control>(envelope.control[control++]); m == nullptr) {
        return "its envelope is malformed";
      } else if (!get_control(*m, message, decoding)) {
        return std::move(decoding.error);
      }
    }
    if (control < envelope.control.size()) return "it has more control messages than it names";
    return in.ended() ? std::string() : "it has more records than it says";
  }
};

PeerCodec::PeerCodec(std::size_t views_kept) : inside_(std::make_unique<Inside>(views_kept)) {}
PeerCodec::~PeerCodec() = default;

void PeerCodec::encode(const Frame& frame, std::string& out) {
  Inside& in = *inside_;
  write_envelope_head(frame, out);
  in.put_messages(frame, out);
  in.rest();
}

std::expected<Frame, std::string> PeerCodec::decode(Bytes payload) {
  Inside& in = *inside_;
  std::expected<Frame, std::string> frame;
  EnvelopeParts& parts = in.parts;
  parts.records = {};
  parts.control.clear();
  std::string wrong;
  if (payload.size() > kMessageBytesMax ||
      !(read_envelope(payload, *frame, parts) || in.read_by_protobuf(payload, *(frame = Frame{})))) {
    wrong = "its envelope is malformed";
  } else {
    wrong = in.get_messages(parts, *frame, payload.size());
  }
  in.rest();
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
