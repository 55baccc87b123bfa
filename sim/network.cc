#include "sim/network.h"

#include <algorithm>

#include "core/base/check.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

constexpr std::uint16_t kGossipPort = 7946;
constexpr Duration kRetransmitFirst = 200ms, kRetransmitMost = 3s;
constexpr std::uint32_t kRetransmits = 10;  // then the sender's kernel gives the stream up
constexpr Duration kDialGivenUp = 20s;
constexpr std::size_t kOldFrames = 6;

}  // namespace

Network::Network(Schedule& schedule, Doorstep& doorstep, std::uint32_t machines, std::uint32_t endpoints, Random random)
    : schedule_(schedule),
      doorstep_(doorstep),
      machines_(machines),
      endpoints_(endpoints),
      random_(random),
      cuts_(static_cast<std::size_t>(endpoints) * endpoints),
      links_(endpoints),
      old_frames_(static_cast<std::size_t>(machines) * machines) {}

Address Network::gossip_address(Endpoint machine) { return {"10.0.0." + std::to_string(machine + 1), kGossipPort}; }

Endpoint Network::machine_at(const Address& address) const {
  const Bytes prefix = "10.0.0.";
  const Bytes host = address.host;
  if (address.port != kGossipPort || !host.starts_with(prefix)) return machines_;
  Endpoint n = 0;
  for (const char c : host.substr(prefix.size())) {
    if (c < '0' || c > '9' || n > machines_) return machines_;
    n = n * 10 + static_cast<Endpoint>(c - '0');
  }
  return n == 0 || n > machines_ ? machines_ : n - 1;
}

Duration Network::delay() {
  Duration d = draw(random_, weather_.delay_least, weather_.delay_most);
  if (weather_.tail_ppm && random_.ppm(weather_.tail_ppm)) d += draw_log(random_, 1ms, weather_.tail_most);
  return d;
}

// ---- datagrams

std::string Network::damaged(std::string bytes, bool cut_short) {
  if (bytes.empty()) return bytes;
  if (cut_short) {
    bytes.resize(random_.below(bytes.size()));
  } else {
    for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
      const std::size_t where = random_.below(bytes.size());
      bytes[where] = static_cast<char>(bytes[where] ^ static_cast<char>(random_.between(1, 255)));
    }
  }
  return bytes;
}

void Network::deliver_later(Endpoint from, Endpoint to, std::string bytes, Duration after) {
  std::uint64_t parcel = parcels_.size();
  if (free_parcels_.empty()) {
    parcels_.push_back({from, to, std::move(bytes)});
  } else {
    parcel = free_parcels_.back();
    free_parcels_.pop_back();
    parcels_[parcel] = {from, to, std::move(bytes)};
  }
  schedule_.after(after, Kind::kDatagram, to, parcel);
}

void Network::datagram(Endpoint from, const Address& address, std::string bytes) {
  ++counters_.datagrams;
  Endpoint to = machine_at(address);
  if (to == machines_) return;
  const Weather& w = weather_;
  if (is_cut(from, to) || (w.loss_ppm && random_.ppm(w.loss_ppm))) {
    ++counters_.lost;
    return;
  }
  if (w.misdeliver_ppm && random_.ppm(w.misdeliver_ppm)) {
    to = static_cast<Endpoint>(random_.below(machines_));
    ++counters_.misdelivered;
  }
  if (w.flip_ppm && random_.ppm(w.flip_ppm)) {
    bytes = damaged(std::move(bytes), false);
    ++counters_.damaged;
  } else if (w.truncate_ppm && random_.ppm(w.truncate_ppm)) {
    bytes = damaged(std::move(bytes), true);
    ++counters_.damaged;
  }
  if (w.duplicate_ppm && random_.ppm(w.duplicate_ppm)) {
    deliver_later(from, to, bytes, delay());
    ++counters_.duplicated;
  }
  if (w.late_duplicate_ppm && random_.ppm(w.late_duplicate_ppm)) {
    deliver_later(from, to, bytes, draw_log(random_, 10ms, 120s));
    ++counters_.duplicated;
  }
  const Duration d = delay();
  deliver_later(from, to, std::move(bytes), d);
}

void Network::parcel_due(std::uint64_t parcel) {
  Parcel p = std::move(parcels_[parcel]);
  free_parcels_.push_back(parcel);
  if (!doorstep_.process_up(p.to) || is_cut(p.from, p.to)) return;
  doorstep_.datagram_came(p.to, p.from, std::move(p.bytes));
}

// ---- streams: making them

void Network::dial(Endpoint from, LinkId link, Endpoint to) {
  ++counters_.dials;
  if (const auto door = misguided_.find({from, to}); door != misguided_.end()) to = door->second;
  const auto c = static_cast<Connection>(streams_.size());
  Stream s;
  s.end[0] = from;
  s.end[1] = to;
  s.link[0] = link;
  s.process[0] = doorstep_.process_of(from);
  s.process[1] = 0;
  s.given_up = schedule_.now() + kDialGivenUp;
  streams_.push_back(std::move(s));
  links_[from].emplace_back(link, c);
  schedule_.after(delay(), Kind::kHandshake, c);
}

void Network::handshake_due(Connection c) {
  Stream& s = streams_[c];
  if (s.state == State::kGone || s.state == State::kOpen) return;
  const bool nobody = s.end[1] >= machines_;
  const Endpoint to = nobody ? s.end[0] : s.end[1];
  if (!alive(s, 0)) {
    forget(c);
    return;
  }
  const bool through = !nobody && (s.state == State::kKnocking ? !is_cut(s.end[0], to) && doorstep_.machine_up(to)
                                                               : !is_cut(to, s.end[0]));
  if (!through) {
    if (schedule_.now() < s.given_up) {
      schedule_.after(draw(random_, 200ms, 1s), Kind::kHandshake, c);
    } else {
      tell_closed(s, 0, false);
      forget(c);
    }
    return;
  }
  if (s.state == State::kKnocking) {
    s.state = State::kAnswering;
    s.refused = !doorstep_.process_up(to);
    s.process[1] = doorstep_.process_of(to);
    schedule_.after(delay(), Kind::kHandshake, c);
    return;
  }
  if (s.refused) {
    ++counters_.refused;
    tell_closed(s, 0, true);
    forget(c);
    return;
  }
  s.state = State::kOpen;
  if (!alive(s, 1)) {  // it died in between; the first bytes will find out
    s.link[1] = LinkId(0);
  } else {
    const LinkId accepted = doorstep_.accept(to, s.end[0]);
    streams_[c].link[1] = accepted;
    links_[to].emplace_back(accepted, c);
  }
  doorstep_.link_opened(streams_[c].end[0], streams_[c].link[0]);
}

bool Network::alive(const Stream& s, unsigned side) const {
  return doorstep_.process_up(s.end[side]) && doorstep_.process_of(s.end[side]) == s.process[side];
}

std::optional<std::pair<Connection, unsigned>> Network::find(Endpoint e, LinkId link) const {
  for (auto at = links_[e].rbegin(); at != links_[e].rend(); ++at) {
    if (at->first != link) continue;
    const Stream& s = streams_[at->second];
    if (s.state == State::kGone) return std::nullopt;
    return std::pair(at->second, s.end[0] == e && s.link[0] == link ? 0U : 1U);
  }
  return std::nullopt;
}

std::optional<Endpoint> Network::other_end(Endpoint from, LinkId link) const {
  const auto found = find(from, link);
  return found ? std::optional(streams_[found->first].end[1 - found->second]) : std::nullopt;
}

void Network::forget(Connection c) {
  Stream& s = streams_[c];
  s.state = State::kGone;
  for (unsigned side = 0; side < 2; ++side) {
    if (s.end[side] < endpoints_)
      std::erase_if(links_[s.end[side]], [c](const auto& entry) { return entry.second == c; });
    s.way[side].pieces.clear();
  }
}

// ---- streams: what goes through them

void Network::remember(Endpoint from, Endpoint to, const std::string& bytes) {
  if (!weather_.replay_ppm || from >= machines_ || to >= machines_ || bytes.size() > 64 * 1024) return;
  std::vector<std::string>& old = old_frames_[from * machines_ + to];
  if (old.size() < kOldFrames)
    old.push_back(bytes);
  else if (random_.percent(10))
    old[random_.below(old.size())] = bytes;
}

void Network::send(Endpoint from, LinkId link, std::string bytes) {
  const auto found = find(from, link);
  if (!found) return;
  const auto [c, d] = *found;
  ++counters_.pieces;
  const Endpoint to = streams_[c].end[1 - d];
  remember(from, to, bytes);
  if (weather_.reset_ppm && random_.ppm(weather_.reset_ppm)) {
    bytes.resize(random_.below(bytes.size() + 1));
    push(c, d, std::move(bytes), false);
    tear(c, d);
    return;
  }
  if (weather_.split_ppm && bytes.size() > 1 && random_.ppm(weather_.split_ppm)) {
    const std::size_t where = random_.between(1, bytes.size() - 1);
    push(c, d, bytes.substr(0, where), false);
    push(c, d, bytes.substr(where), false);
  } else {
    push(c, d, std::move(bytes), false);
  }
  if (weather_.replay_ppm && from < machines_ && to < machines_ && random_.ppm(weather_.replay_ppm)) {
    const std::vector<std::string>& old = old_frames_[from * machines_ + to];
    if (old.empty()) return;
    push(c, d, old[random_.below(old.size())], false);
    ++counters_.replays;
  }
}

void Network::push(Connection c, unsigned d, std::string bytes, bool ends) {
  Stream& s = streams_[c];
  Direction& way = s.way[d];
  const auto clogged = clogs_.find({s.end[d], s.end[1 - d]});
  if (clogged != clogs_.end()) way.clogged_until = std::max(way.clogged_until, clogged->second);
  Instant due = std::max({schedule_.now() + delay(), way.last_due, way.clogged_until});
  if (const auto narrow = narrow_.find({s.end[d], s.end[1 - d]}); narrow != narrow_.end())
    due += Duration(static_cast<std::int64_t>(bytes.size() * 1'000'000'000 / narrow->second));
  way.last_due = due;
  way.pieces.push_back({due, std::move(bytes), ends});
  arm(c, d);
}

void Network::arm(Connection c, unsigned d) {
  Direction& way = streams_[c].way[d];
  if (way.scheduled || way.pieces.empty()) return;
  way.scheduled = true;
  way.wakes_at = std::max(way.pieces.front().due, schedule_.now());
  schedule_.at(way.wakes_at, Kind::kStream, c, d);
}

void Network::stream_due(Connection c, std::uint64_t direction) {
  const auto d = static_cast<unsigned>(direction);
  Stream& s = streams_[c];
  Direction& way = s.way[d];
  if (schedule_.now() != way.wakes_at) return;  // it was to be woken earlier meanwhile
  way.scheduled = false;
  if (s.state == State::kGone || way.pieces.empty()) return;
  if (s.silent) {
    way.pieces.clear();
    return;
  }
  const Endpoint to = s.end[1 - d];
  if (s.state != State::kOpen || is_cut(s.end[d], to) || !doorstep_.machine_up(to)) {
    ++counters_.stalls;
    if (++way.tries > kRetransmits) {  // the sender hears of it, the receiver does not: half-open on its side
      s.silent = true;
      tell_closed(s, d, false);
      return;
    }
    const Duration wait = std::min(kRetransmitMost, kRetransmitFirst * (1 << std::min(way.tries, 5U)));
    way.scheduled = true;
    way.wakes_at = schedule_.now() + wait + draw(random_, 0ms, wait / 4);
    schedule_.at(way.wakes_at, Kind::kStream, c, d);
    return;
  }
  way.tries = 0;
  if (!alive(s, 1 - d)) {  // whoever listened is gone; its machine says so
    const bool told = !is_cut(to, s.end[d]);
    s.silent = true;
    if (told) {
      tell_closed(s, d, false);
      forget(c);
    }
    return;
  }
  while (true) {
    if (s.state == State::kGone || way.pieces.empty() || way.pieces.front().due > schedule_.now()) break;
    Piece piece = std::move(way.pieces.front());
    way.pieces.erase(way.pieces.begin());
    const LinkId link = s.link[1 - d];
    if (way.deaf || !alive(s, 1 - d)) continue;
    if (!piece.bytes.empty()) doorstep_.bytes_came(to, link, std::move(piece.bytes));
    if (piece.ends) {
      tell_closed(s, 1 - d, false);
      if (s.way[1 - d].deaf || !alive(s, d)) {
        forget(c);
        return;
      }
    }
  }
  if (s.state != State::kGone) arm(c, d);
}

// ---- streams: ending them

void Network::tell_closed(Stream& s, unsigned side, bool refused) {
  Direction& towards = s.way[1 - side];
  if (towards.deaf || !alive(s, side) || !s.link[side]) return;
  towards.deaf = true;
  const Endpoint e = s.end[side];
  const LinkId link = s.link[side];
  doorstep_.link_closed(e, link, refused);
}

void Network::close(Endpoint from, LinkId link) {
  const auto found = find(from, link);
  if (!found) return;
  const auto [c, side] = *found;
  Stream& s = streams_[c];
  if (s.state != State::kOpen || s.silent) {
    if (s.state != State::kOpen || s.way[side].deaf) forget(c);
    s.way[1 - side].deaf = true;
    return;
  }
  s.way[1 - side].deaf = true;
  push(c, side, {}, true);
}

void Network::process_died(Endpoint e, bool orderly) {
  for (const auto& [link, c] : std::vector(links_[e])) {
    Stream& s = streams_[c];
    if (s.state == State::kGone) continue;
    const unsigned side = s.end[0] == e && s.link[0] == link ? 0 : 1;
    if (s.state != State::kOpen) {
      if (side == 0) forget(c);
      continue;
    }
    Direction& way = s.way[side];
    if (!orderly) {  // what its kernel had not sent is gone; nobody is told
      drop_in_flight(way);
      continue;
    }
    if (random_.percent(50)) drop_in_flight(way);
    push(c, side, {}, true);
  }
}

void Network::drop_in_flight(Direction& way) {
  if (way.pieces.empty()) return;
  way.pieces.resize(static_cast<std::size_t>(random_.below(way.pieces.size() + 1)));
  if (way.pieces.empty()) return;
  std::string& last = way.pieces.back().bytes;
  last.resize(random_.below(last.size() + 1));
}

// Both ends hear that the stream broke, `d` after what is on its way.
void Network::tear(Connection c, unsigned d) {
  ++counters_.resets;
  push(c, d, {}, true);
  push(c, 1 - d, {}, true);
}

void Network::break_off(Connection c) {
  for (unsigned d = 0; d < 2; ++d) drop_in_flight(streams_[c].way[d]);
  tear(c, 0);
}

void Network::reset(Endpoint a, Endpoint b) {
  for (const auto& [link, c] : std::vector(links_[a])) {
    const Stream& s = streams_[c];
    if (s.state == State::kOpen && !s.silent && (s.end[0] == b || s.end[1] == b)) break_off(c);
  }
}

void Network::half_open(Endpoint a, Endpoint b) {
  for (const auto& [link, c] : std::vector(links_[a])) {
    Stream& s = streams_[c];
    if (s.state == State::kOpen && (s.end[0] == b || s.end[1] == b)) s.silent = true;
  }
}

void Network::clog(Endpoint from, Endpoint to, Instant until) {
  Instant& known = clogs_[{from, to}];
  known = std::max(known, until);
}

void Network::narrow(Endpoint from, Endpoint to, std::uint64_t bytes_per_second) {
  if (bytes_per_second == 0)
    narrow_.erase({from, to});
  else
    narrow_[{from, to}] = bytes_per_second;
}

void Network::misguide(Endpoint from, Endpoint to, Endpoint reached) {
  if (reached == to)
    misguided_.erase({from, to});
  else
    misguided_[{from, to}] = reached;
}

void Network::unclog(Endpoint from, Endpoint to) {
  clogs_.erase({from, to});
  for (const auto& [link, c] : std::vector(links_[from])) {
    const unsigned d = streams_[c].end[0] == from && streams_[c].link[0] == link ? 0 : 1;
    if (streams_[c].end[1 - d] == to) let_flow(c, d);
  }
}

void Network::let_flow(Connection c, unsigned d) {
  Direction& way = streams_[c].way[d];
  way.clogged_until = {};
  if (!is_cut(streams_[c].end[d], streams_[c].end[1 - d])) way.tries = 0;
  way.last_due = schedule_.now() + delay();
  for (Piece& piece : way.pieces) piece.due = std::min(piece.due, way.last_due);
  way.scheduled = false;
  arm(c, d);
}

void Network::sever(Endpoint a, Endpoint b) {
  for (const auto& [link, c] : std::vector(links_[a])) {
    Stream& s = streams_[c];
    if (s.state != State::kOpen || (s.end[0] != b && s.end[1] != b)) continue;
    for (unsigned side = 0; side < 2; ++side) tell_closed(s, side, false);
    forget(c);
  }
}

void Network::calm() {
  narrow_.clear();
  misguided_.clear();
  weather_ = Weather{};
  std::fill(cuts_.begin(), cuts_.end(), 0);
  clogs_.clear();
  for (Connection c = 0; c < streams_.size(); ++c) {
    Stream& s = streams_[c];
    if (s.state != State::kOpen) continue;
    if (!s.silent && alive(s, 0) && alive(s, 1)) {
      let_flow(c, 0);
      let_flow(c, 1);
      continue;
    }
    for (unsigned side = 0; side < 2; ++side) tell_closed(s, side, false);
    forget(c);
  }
}

}  // namespace hc::sim
