// Host names to socket addresses. Numeric ones at once; names by the system's resolver on a thread of its own, and
// remembered for a while, since gossip asks several times a second. A name that was known stays what it was last while
// it is looked up again, and when that fails: where names are not to be had, members still find each other.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/member.h"
#include "core/base/time.h"
#include "runtime/loop.h"

namespace hc {

class Resolver {
 public:
  // nullptr: the name is not known.
  using Done = std::function<void(const sockaddr*)>;

  // `bind`: where our own sockets are bound; of a name's addresses those count that can be reached from there (from an
  // IPv4 address IPv4 ones).
  explicit Resolver(Loop& loop, const std::string& bind = "::");

  // Calls `done` once, perhaps before it returns.
  void resolve(const Address& address, Done done);

 private:
  struct Known {
    std::optional<sockaddr_storage> address;
    Time until;
    std::vector<std::pair<std::uint16_t, Done>> waiting;  // for the look-up under way, with their ports
    bool under_way = false;
    bool failed = false;  // the last look-up; said once
  };
  struct LookUp;
  static void found(uv_getaddrinfo_t* request, int status, addrinfo* result);
  void look_up(const std::string& name, Known& known);
  static void tell(const Known& known, std::uint16_t port, const Done& done);

  Loop& loop_;
  int family_;
  std::map<std::string, Known> names_;
};

}  // namespace hc
