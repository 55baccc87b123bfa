// The streams between members: dialled ones, which the core names (odd), and accepted ones, which are named here
// (even). Frames in, frames out; what is sent within a turn leaves with one write per link.
//
// A link ends when either side closes it, when what arrives is no frame, when a dial takes longer than kDialTime, when
// the node has not answered a stranger within kStrangerTime, and when more than `unsent_max` bytes wait to be sent, one
// frame of any size beside them, of which the other end has taken nothing for `patience` (or 16 times as many, however
// it takes them: what a member is asked for at once is answered at once); the node hears LinkClosed each time. A dial
// that was `refused`: the other machine said that nobody listens there.
#pragma once

#include <uv.h>

#include <cstdint>
#include <map>
#include <vector>

#include "core/effect.h"
#include "io/peer_codec.h"
#include "runtime/host.h"
#include "runtime/resolver.h"

namespace hc {

class PeerLink;

class PeerLinks {
 public:
  static constexpr Duration kDialTime = 1s;
  static constexpr Duration kStrangerTime = 5s;
  static constexpr Duration kPatience = 1s;
  static constexpr std::size_t kUnsentBytesMax = std::size_t{256} * 1024 * 1024;

  PeerLinks(Loop& loop, Resolver& resolver, std::size_t unsent_max = kUnsentBytesMax, Duration patience = kPatience);
  ~PeerLinks();  // Requires: close_all() was called, and the loop has run since
  PeerLinks(const PeerLinks&) = delete;
  PeerLinks& operator=(const PeerLinks&) = delete;

  void attach(Host& host) { host_ = &host; }

  void accept(uv_stream_t* listener);
  void dial(LinkId link, const Address& to);
  void close(LinkId link);
  void send(LinkId link, const Frame& frame);
  void flush();
  void close_all();
  std::size_t size() const { return links_.size(); }

 private:
  friend class PeerLink;
  void connect(LinkId link, const sockaddr* to);
  void watch();
  void look();

  Loop& loop_;
  Resolver& resolver_;
  std::size_t unsent_max_;
  Duration patience_;
  Host* host_ = nullptr;
  PeerCodec codec_;
  std::map<LinkId, PeerLink*> links_;
  std::vector<LinkId> to_flush_;
  std::uint64_t last_accepted_ = 0;
  uv_timer_t watch_{};  // runs while some links are provisional or crowded
  bool closing_ = false;
};

}  // namespace hc
