#include "io/gossip_codec.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "core/base/check.h"
#include "io/wire.h"

namespace hc {
namespace {

constexpr unsigned char kFormat = 1;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kUsualBytes = 256;  // of most packets
constexpr std::size_t kHeadBytes = 1 + sizeof(GossipNonce);

// The number of an alternative in GossipBody is its number on the wire.
enum class Body : std::uint8_t { kNone, kPing, kPingRequest, kAck, kNack, kSyncRequest, kSyncReply };

struct BodyWriter {
  WireWriter& out;
  void operator()(std::monostate) const {}
  void operator()(const Ping& p) const {
    out.number(p.probe);
    out.number(p.target);
    out.number(p.origin);
    out.byte(p.by_stream ? 1 : 0);
  }
  void operator()(const PingRequest& p) const {
    out.number(p.probe);
    out.number(p.target);
  }
  void operator()(const Ack& a) const { out.number(a.probe); }
  void operator()(const Nack& n) const { out.number(n.probe); }
  void operator()(const SyncRequest&) const {}
  void operator()(const SyncReply&) const {}
};

void read_body(WireReader& in, GossipBody& body) {
  switch (static_cast<Body>(in.byte())) {
    case Body::kNone:
      return;
    case Body::kPing: {
      Ping& p = body.emplace<Ping>();
      p.probe = in.number();
      p.target = in.node();
      p.origin = in.node();
      p.by_stream = in.byte() != 0;
      return;
    }
    case Body::kPingRequest: {
      PingRequest& p = body.emplace<PingRequest>();
      p.probe = in.number();
      p.target = in.node();
      return;
    }
    case Body::kAck:
      body.emplace<Ack>().probe = in.number();
      return;
    case Body::kNack:
      body.emplace<Nack>().probe = in.number();
      return;
    case Body::kSyncRequest:
      body.emplace<SyncRequest>();
      return;
    case Body::kSyncReply:
      body.emplace<SyncReply>();
      return;
  }
  in.turn_bad();
}

constexpr std::uint8_t kKeepsLog = 0x80;  // beside the liveness

void write_rumor(const MemberRumor& rumor, WireWriter& out) {
  out.number(rumor.info.id);
  out.bytes(rumor.info.host);
  out.fixed16(rumor.info.gossip_port);
  out.fixed16(rumor.info.resp_port);
  out.fixed16(rumor.info.http_port);
  out.bytes(rumor.info.host_label);
  out.bytes(rumor.info.zone);
  out.random(rumor.info.generation);
  out.random(rumor.info.storage);
  out.number(rumor.incarnation);
  out.byte(static_cast<std::uint8_t>(static_cast<unsigned>(rumor.liveness) | (rumor.info.keeps_log ? kKeepsLog : 0U)));
  out.number(rumor.accuser);
}
constexpr std::size_t kRumorBytesMin = 1 + 1 + 6 + 1 + 1 + 16 + 16 + 1 + 1 + 1;

void read_rumor(WireReader& in, MemberRumor& rumor) {
  rumor.info.id = in.node();
  rumor.info.host = in.bytes();
  rumor.info.gossip_port = in.fixed16();
  rumor.info.resp_port = in.fixed16();
  rumor.info.http_port = in.fixed16();
  rumor.info.host_label = in.bytes();
  rumor.info.zone = in.bytes();
  rumor.info.generation = in.random<GenerationTag>();
  rumor.info.storage = in.random<StorageTag>();
  rumor.incarnation = in.number();
  const std::uint8_t flags = in.byte();
  const std::uint8_t liveness = flags & ~kKeepsLog;
  rumor.info.keeps_log = (flags & kKeepsLog) != 0;
  if (liveness > static_cast<std::uint8_t>(Liveness::kLeft)) return in.turn_bad();
  rumor.liveness = static_cast<Liveness>(liveness);
  rumor.accuser = in.node();
}

const unsigned char* octets(const char* p) { return reinterpret_cast<const unsigned char*>(p); }
unsigned char* octets(char* p) { return reinterpret_cast<unsigned char*>(p); }

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

void encode_packet(const GossipPacket& packet, std::string& text) {
  WireWriter out(text);
  out.number(packet.from);
  out.random(packet.generation);
  out.random(packet.cluster);
  out.number(packet.newest_epoch);
  out.byte(static_cast<std::uint8_t>(packet.body.index()));
  std::visit(BodyWriter{out}, packet.body);
  out.number(packet.rumors.size());
  for (const MemberRumor& rumor : packet.rumors) write_rumor(rumor, out);
}

}  // namespace

std::string encode_packet(const GossipPacket& packet) {
  std::string text;
  text.reserve(kUsualBytes);
  encode_packet(packet, text);
  return text;
}

std::expected<GossipPacket, std::string> decode_packet(Bytes bytes) {
  WireReader in(bytes);
  std::expected<GossipPacket, std::string> packet;
  packet->from = in.node();
  packet->generation = in.random<GenerationTag>();
  packet->cluster = in.random<ClusterTag>();
  packet->newest_epoch = in.epoch();
  read_body(in, packet->body);
  packet->rumors.resize(in.count(kRumorBytesMin));
  for (MemberRumor& rumor : packet->rumors) read_rumor(in, rumor);
  if (!in.ended()) packet = std::unexpected("a malformed gossip packet of " + std::to_string(bytes.size()) + " bytes");
  return packet;
}

GossipNonce nonce_of(Generation sender, std::uint64_t counter) {
  GossipNonce nonce;
  for (std::size_t i = 0; i < 6; ++i) {
    nonce[i] = static_cast<unsigned char>(sender.lo >> (8 * (i + 1)));  // its lowest bit is always set
    nonce[6 + i] = static_cast<unsigned char>(counter >> (8 * i));
  }
  return nonce;
}

struct GossipSeal::Inside {
  Context sealing{EVP_CIPHER_CTX_new()}, opening{EVP_CIPHER_CTX_new()};
  std::string plain;  // kept for its memory
};

GossipSeal::GossipSeal(Bytes cluster_name) : inside_(std::make_unique<Inside>()) {
  const std::string secret = "hypercache gossip v1" + std::string(cluster_name);
  unsigned char key[SHA256_DIGEST_LENGTH];
  SHA256(octets(secret.data()), secret.size(), key);
  const EVP_CIPHER* cipher = EVP_aes_256_gcm();
  const bool ok = EVP_EncryptInit_ex(inside_->sealing.get(), cipher, nullptr, key, nullptr) == 1 &&
                  EVP_DecryptInit_ex(inside_->opening.get(), cipher, nullptr, key, nullptr) == 1;
  HC_CHECK(ok, "libcrypto has no AES-256-GCM");
}
GossipSeal::~GossipSeal() = default;

std::string GossipSeal::seal(const GossipPacket& packet, const GossipNonce& nonce) {
  std::string& plain = inside_->plain;
  plain.clear();
  encode_packet(packet, plain);
  std::string sealed(kHeadBytes + plain.size() + kTagBytes, '\0');
  sealed[0] = static_cast<char>(kFormat);
  std::memcpy(sealed.data() + 1, nonce.data(), nonce.size());
  EVP_CIPHER_CTX* context = inside_->sealing.get();
  int size = 0;
  char* const body = sealed.data() + kHeadBytes;
  const bool ok =
      EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &size, octets(sealed.data()), 1) == 1 &&
      EVP_EncryptUpdate(context, octets(body), &size, octets(plain.data()), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context, octets(body) + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plain.size()) == 1;
  HC_CHECK(ok, "libcrypto could not seal a packet of " + std::to_string(plain.size()) + " bytes");
  return sealed;
}

std::expected<GossipPacket, std::string> GossipSeal::open(Bytes datagram) {
  if (datagram.size() < kHeadBytes + kTagBytes || datagram.size() > kDatagramBytesMax)
    return std::unexpected("not a gossip datagram: " + std::to_string(datagram.size()) + " bytes");
  if (octets(datagram.data())[0] != kFormat)
    return std::unexpected("not a gossip datagram, or of another version: format " +
                           std::to_string(octets(datagram.data())[0]));
  const Bytes body = datagram.substr(kHeadBytes, datagram.size() - kHeadBytes - kTagBytes);
  std::array<char, kTagBytes> tag;
  datagram.copy(tag.data(), kTagBytes, datagram.size() - kTagBytes);
  std::string& plain = inside_->plain;
  plain.resize(body.size());
  EVP_CIPHER_CTX* context = inside_->opening.get();
  int size = 0;
  const bool ok = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, octets(datagram.data() + 1)) == 1 &&
                  EVP_DecryptUpdate(context, nullptr, &size, octets(datagram.data()), 1) == 1 &&
                  EVP_DecryptUpdate(context, octets(plain.data()), &size, octets(body.data()),
                                    static_cast<int>(body.size())) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context, octets(plain.data()) + size, &size) == 1;
  if (!ok) return std::unexpected("other cluster name or corrupted");
  return decode_packet(plain);
}

}  // namespace hc
