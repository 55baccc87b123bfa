// The network between machines and clients: datagrams, and streams in the manner of TCP.
//
// Endpoints are numbered: machines first, then clients. What it may do
//   datagrams  lose, delay (with a tail), reorder, double (minutes late, too), flip bytes, cut short, deliver to the
//              wrong machine
//   streams    delay, split anywhere, clog, stall while the way is cut and go on afterwards, break off in the middle of
//              a frame, fall silent for good (half-open), refuse a dial or leave it unanswered. Bytes that arrive are
//              the sender's, in order, once: that much TCP keeps. Two things more than TCP allows, "from hell", because
//              rule 4b promises to stand them: an old frame once more on a newer stream of the same two machines, and
//              bytes of a dead process that still arrive
// and which budget: none. Whatever it does, no promise but liveness may depend on it; liveness is asked for after
// calm() only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/member.h"
#include "core/base/random.h"
#include "sim/schedule.h"

namespace hc::sim {

using Endpoint = std::uint32_t;
using Connection = std::uint32_t;

// How it is when nothing is cut. Rates in parts per million of datagrams or stream pieces.
struct Weather {
  Duration delay_least = 50us, delay_most = 400us;
  std::uint32_t tail_ppm = 0;
  Duration tail_most = 0ms;
  std::uint32_t loss_ppm = 0, duplicate_ppm = 0, late_duplicate_ppm = 0, flip_ppm = 0, truncate_ppm = 0,
                misdeliver_ppm = 0;
  std::uint32_t split_ppm = 0;   // stream pieces that arrive in two parts
  std::uint32_t replay_ppm = 0;  // stream pieces followed by an old frame of the same two machines
  std::uint32_t reset_ppm = 0;   // stream pieces that are broken off in the middle, with the connection
};

// Who is told of arrivals.
class Doorstep {
 public:
  virtual ~Doorstep() = default;
  virtual bool process_up(Endpoint e) const = 0;
  virtual bool machine_up(Endpoint e) const = 0;
  virtual std::uint64_t process_of(Endpoint e) const = 0;  // changes with every start
  virtual void datagram_came(Endpoint at, Endpoint from, std::string bytes) = 0;
  virtual LinkId accept(Endpoint at, Endpoint from) = 0;  // a name for a connection dialled to `at`
  virtual void link_opened(Endpoint at, LinkId link) = 0;
  virtual void link_closed(Endpoint at, LinkId link, bool refused) = 0;
  virtual void bytes_came(Endpoint at, LinkId link, std::string bytes) = 0;
};

class Network {
 public:
  Network(Schedule& schedule, Doorstep& doorstep, std::uint32_t machines, std::uint32_t endpoints, Random random);

  static Address gossip_address(Endpoint machine);
  // The machine that listens there, or `machines` if none does.
  Endpoint machine_at(const Address& address) const;

  // ---- what endpoints do
  void datagram(Endpoint from, const Address& to, std::string bytes);
  void dial(Endpoint from, LinkId link, Endpoint to);  // to == machines: nobody is there
  void send(Endpoint from, LinkId link, std::string bytes);
  void close(Endpoint from, LinkId link);
  std::optional<Endpoint> other_end(Endpoint from, LinkId link) const;  // whom bytes on it reach
  // `orderly`: its kernel goes on and tells the others; else it is silent.
  void process_died(Endpoint e, bool orderly);

  // ---- what the schedule brings
  void parcel_due(std::uint64_t parcel);
  void stream_due(Connection c, std::uint64_t direction);
  void handshake_due(Connection c);

  // ---- faults
  Weather& weather() { return weather_; }
  void cut(Endpoint from, Endpoint to, int by) { cuts_[from * endpoints_ + to] += by; }  // counted, one way
  bool is_cut(Endpoint from, Endpoint to) const { return cuts_[from * endpoints_ + to] > 0; }
  void clog(Endpoint from, Endpoint to, Instant until);
  void narrow(Endpoint from, Endpoint to, std::uint64_t bytes_per_second);  // 0: no more
  void misguide(Endpoint from, Endpoint to, Endpoint reached);              // who dials; reached == to: no more
  void reset(Endpoint a, Endpoint b);  // every stream between the two breaks, in the middle of a frame if it can
  void unclog(Endpoint from, Endpoint to);
  void sever(Endpoint a, Endpoint b);  // both ends hear at once that every stream broke; what was on its way is gone
  void half_open(Endpoint a, Endpoint b);  // every stream between the two falls silent for good
  // The end of all faults: fair weather, nothing cut, what streams carry held up no more; half-open ones break.
  void calm();

  struct Counters {
    std::uint64_t datagrams = 0, lost = 0, duplicated = 0, damaged = 0, misdelivered = 0, pieces = 0, dials = 0,
                  refused = 0, resets = 0, replays = 0, stalls = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Parcel {
    Endpoint from, to;
    std::string bytes;
  };
  struct Piece {
    Instant due;
    std::string bytes;
    bool ends = false;  // the stream ends behind it
  };
  struct Direction {
    std::vector<Piece> pieces;
    Instant last_due{};
    Instant clogged_until{};
    bool scheduled = false;
    Instant wakes_at{};
    std::uint32_t tries = 0;  // while the way is cut
    bool deaf = false;        // the receiver has closed or was told of the end
  };
  enum class State : std::uint8_t { kKnocking, kAnswering, kOpen, kGone };
  struct Stream {
    Endpoint end[2];  // 0 dialled 1
    LinkId link[2];
    std::uint64_t process[2];
    State state = State::kKnocking;
    bool refused = false, silent = false;
    Instant given_up{};
    Direction way[2];  // way[d]: from end[d] to end[1 - d]
  };

  Duration delay();
  void let_flow(Connection c, unsigned d);
  void deliver_later(Endpoint from, Endpoint to, std::string bytes, Duration after);
  std::string damaged(std::string bytes, bool cut_short);
  // The connection, and which end of it `e` is; nullopt if it is gone.
  std::optional<std::pair<Connection, unsigned>> find(Endpoint e, LinkId link) const;
  void forget(Connection c);
  void arm(Connection c, unsigned d);
  void push(Connection c, unsigned d, std::string bytes, bool ends);
  void remember(Endpoint from, Endpoint to, const std::string& bytes);
  void tear(Connection c, unsigned d);
  void tell_closed(Stream& s, unsigned side, bool refused);
  void break_off(Connection c);
  void drop_in_flight(Direction& way);
  bool alive(const Stream& s, unsigned side) const;

  Schedule& schedule_;
  Doorstep& doorstep_;
  std::uint32_t machines_, endpoints_;
  Random random_;
  Weather weather_;
  std::vector<int> cuts_;
  std::vector<Parcel> parcels_;
  std::vector<std::uint64_t> free_parcels_;
  std::deque<Stream> streams_;                                     // stays where it is while callbacks dial
  std::vector<std::vector<std::pair<LinkId, Connection>>> links_;  // per endpoint, few at a time
  std::vector<std::vector<std::string>> old_frames_;               // per ordered pair of machines
  std::map<std::pair<Endpoint, Endpoint>, Instant> clogs_;
  std::map<std::pair<Endpoint, Endpoint>, std::uint64_t> narrow_;  // bytes per second
  std::map<std::pair<Endpoint, Endpoint>, Endpoint> misguided_;
  Counters counters_;
};

}  // namespace hc::sim
