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
constexpr Duration kWatch = 100ms;
constexpr std::size_t kMoves = std::size_t{1} << 20;  // bytes taken between two looks: less is nothing
constexpr std::ptrdiff_t kStrangersMax = 32;          // each takes a descriptor
constexpr std::size_t kUnsentEver = 16;               // times as much as may wait without being taken
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
    probe_when_idle(kKeepaliveSeconds);
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
    if (!crowded()) return;
    links_.watch();
    if (links_.patience_ == 0ms || unsent() > kUnsentEver * links_.unsent_max_ + largest_) give_up();
  }

  bool dialling() const { return dialling_; }
  // That the node has not welcomed.
  bool stranger() const { return !welcomed_; }
  // A dial that may take too long, or a stranger.
  bool provisional() const { return dialling_ || stranger(); }
  // More waits to be sent than may wait for long; one frame may be of any size.
  bool crowded() const { return unsent() > links_.unsent_max_ + largest_; }
  // Each time kWatch has passed: closes it if it took too long for something.
  void look(Time now) {
    if (provisional() && now - begun_ >= (dialling_ ? PeerLinks::kDialTime : PeerLinks::kStrangerTime)) return close();
    const std::uint64_t before = std::exchange(taken_, taken_by_kernel());
    unmoved_ = crowded() && taken_ - before < kMoves ? unmoved_ + kWatch : 0ms;
    if (crowded() && unmoved_ >= links_.patience_) give_up();
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

  void give_up() {
    spdlog::warn("link {} to {}: {} bytes wait to be sent, more than allowed; closing it", id_.value, name_, unsent());
    close();
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
  std::uint64_t taken_ = 0;  // of all that was sent, when it was last looked at
  Duration unmoved_{};       // for so long, where it is crowded, in which the loop came round
};

PeerLinks::PeerLinks(Loop& loop, Resolver& resolver, std::size_t unsent_max, Duration patience)
    : loop_(loop), resolver_(resolver), unsent_max_(unsent_max), patience_(patience) {
  uv_timer_init(loop.uv(), &watch_);
  watch_.data = this;
}

PeerLinks::~PeerLinks() = default;

void PeerLinks::accept(uv_stream_t* listener) {
  const LinkId id(last_accepted_ += 2);
  const auto strangers = std::ranges::count_if(links_, [](const auto& row) { return row.second->stranger(); });
  auto* link = new PeerLink(*this, id, false);
  links_.emplace(id, link);
  if (link->accept(listener) != 0 || strangers >= kStrangersMax) return link->close();
  watch();
  link->open();
}

void PeerLinks::dial(LinkId id, const Address& to) {
  links_.emplace(id, new PeerLink(*this, id, true));
  watch();
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

void PeerLinks::watch() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&watch_)) != 0) return;
  constexpr std::uint64_t kMs = kWatch / 1ms;
  uv_timer_start(&watch_, [](uv_timer_t* timer) { static_cast<PeerLinks*>(timer->data)->look(); }, kMs, kMs);
}

void PeerLinks::look() {
  const Time now = read_clocks().mono;
  std::vector<PeerLink*> watched;
  for (const auto& [id, link] : links_)
    if (link->provisional() || link->crowded()) watched.push_back(link);
  for (PeerLink* link : watched) link->look(now);
  if (watched.empty()) uv_timer_stop(&watch_);
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
