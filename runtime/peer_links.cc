#include "runtime/peer_links.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "io/framing.h"
#include "runtime/clock.h"
#include "runtime/socket_names.h"
#include "runtime/stream.h"

namespace hc {

namespace {
constexpr unsigned kKeepaliveSeconds = 15;
constexpr std::uint64_t kWatchMs = 100;
}  // namespace

class PeerLink final : public Stream {
 public:
  PeerLink(PeerLinks& links, LinkId id, bool dialled)
      : Stream(links.loop_), links_(links), id_(id), dialling_(dialled), welcomed_(dialled) {
    // A stranger gets little room until the node has answered its Hello.
    if (!dialled) frames_.set_limit(kFirstFrameBytesMax);
  }

  void open() {
    dialling_ = false;
    uv_tcp_nodelay(tcp(), 1);
    uv_tcp_keepalive(tcp(), 1, kKeepaliveSeconds);
    name_ = peer_name(tcp());
    start_reading();
  }

  void connect(const sockaddr* to) {
    request_.data = this;
    const int status = uv_tcp_connect(&request_, tcp(), to, [](uv_connect_t* request, int result) {
      static_cast<PeerLink*>(request->data)->connected(result);
    });
    if (status != 0) connected(status);
  }

  void send(const Frame& frame) {
    const std::size_t before = unsent();
    const std::size_t at = begin_frame(out());
    links_.codec_.encode(frame, out());
    end_frame(out(), at);
    largest_ = before == 0 ? unsent() : std::max(largest_, unsent() - before);
    if (!welcomed_) {
      welcomed_ = true;
      frames_.set_limit(kFrameBytesMax);
    }
    if (unsent() <= links_.unsent_max_ + largest_) return;  // one frame may be of any size
    spdlog::warn("link {} to {}: {} bytes wait to be sent, more than allowed; closing it", id_.value, name_, unsent());
    close();
  }

  bool dialling() const { return dialling_; }
  // A dial that takes too long, or a stranger that the node has not welcomed.
  bool provisional() const { return dialling_ || !welcomed_; }
  bool overdue(Time now) const {
    return provisional() && now - begun_ >= (dialling_ ? PeerLinks::kDialTime : PeerLinks::kStrangerTime);
  }
  bool to_flush = false;

 protected:
  std::size_t consume(std::string_view bytes) override {
    frames_.feed(bytes);
    while (!closing()) {
      auto payload = frames_.next();
      if (!payload) {
        complain(payload.error());
        break;
      }
      if (!*payload) break;
      auto frame = links_.codec_.decode(**payload);
      if (!frame) {
        complain(frame.error());
        break;
      }
      links_.host_->happened(Received{id_, std::move(*frame)});
    }
    return bytes.size();
  }

  void ended(int) override {
    links_.links_.erase(id_);
    if (!links_.closing_) links_.host_->happened(LinkClosed{id_, refused_});
  }

 private:
  void connected(int status) {
    if (closing()) return;
    if (status != 0) {
      refused_ = status == UV_ECONNREFUSED;
      close();
      return;
    }
    open();
    links_.host_->happened(LinkOpened{id_});
  }

  void complain(const std::string& what) {
    spdlog::warn("link {} from {}: {}; closing it", id_.value, name_, what);
    close();
  }

  PeerLinks& links_;
  LinkId id_;
  FrameAssembler frames_;
  uv_connect_t request_{};
  std::string name_;
  Time begun_ = read_clocks().mono;
  bool dialling_;
  bool welcomed_;  // the node has answered on this link, or made it
  bool refused_ = false;
  std::size_t largest_ = 0;  // frame, of those that wait to be sent
};

PeerLinks::PeerLinks(Loop& loop, Resolver& resolver, std::size_t unsent_max)
    : loop_(loop), resolver_(resolver), unsent_max_(unsent_max) {
  uv_timer_init(loop.uv(), &watch_);
  watch_.data = this;
}

PeerLinks::~PeerLinks() = default;

void PeerLinks::accept(uv_stream_t* listener) {
  const LinkId id(last_accepted_ += 2);
  auto* link = new PeerLink(*this, id, false);
  links_.emplace(id, link);
  if (link->accept(listener) != 0) return link->close();
  watch_provisional();
  link->open();
}

void PeerLinks::dial(LinkId id, const Address& to) {
  links_.emplace(id, new PeerLink(*this, id, true));
  watch_provisional();
  resolver_.resolve(to, [this, id](const sockaddr* address) { connect(id, address); });
}

void PeerLinks::connect(LinkId id, const sockaddr* to) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  if (to == nullptr)
    found->second->close();
  else
    found->second->connect(to);
}

void PeerLinks::watch_provisional() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&watch_)) != 0) return;
  uv_timer_start(
      &watch_, [](uv_timer_t* timer) { static_cast<PeerLinks*>(timer->data)->end_overdue(); }, kWatchMs, kWatchMs);
}

void PeerLinks::end_overdue() {
  const Time now = read_clocks().mono;
  std::vector<PeerLink*> overdue;
  bool more = false;
  for (const auto& [id, link] : links_) {
    more = more || link->provisional();
    if (link->overdue(now)) overdue.push_back(link);
  }
  for (PeerLink* link : overdue) link->close();
  if (!more) uv_timer_stop(&watch_);
}

void PeerLinks::send(LinkId id, const Frame& frame) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  PeerLink* link = found->second;
  link->send(frame);  // may close it: then its row is gone, and it lives until the loop goes on
  if (std::exchange(link->to_flush, true)) return;
  to_flush_.push_back(id);
}

void PeerLinks::flush() {
  for (const LinkId id : to_flush_) {
    const auto found = links_.find(id);
    if (found == links_.end()) continue;
    found->second->to_flush = false;
    found->second->flush();
  }
  to_flush_.clear();
}

void PeerLinks::close(LinkId id) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  PeerLink* link = found->second;
  if (!link->dialling()) link->flush();  // what was said before is still heard
  link->close();
}

void PeerLinks::close_all() {
  if (closing_) return;
  closing_ = true;
  std::vector<PeerLink*> all;
  for (const auto& [id, link] : links_) all.push_back(link);
  for (PeerLink* link : all) {
    if (!link->dialling()) link->flush();
    link->close();
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&watch_), nullptr);
}

}  // namespace hc
