// The clients of this member that listen, and to what.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/events/wants.h"

namespace hc {

class Listeners {
 public:
  // False: it did so already, or did not.
  bool add(ClientId client, Space space, const std::string& name);
  bool remove(ClientId client, Space space, const std::string& name);
  std::vector<std::string> names(ClientId client, Space space) const;
  std::size_t count(ClientId client, Space space) const;

  // In the order in which they began to listen; nullptr: nobody does.
  const std::vector<ClientId>* to(Space space, Bytes name) const;
  struct Match {
    Bytes pattern;
    const std::vector<ClientId>& clients;
  };
  std::vector<Match> matches(Bytes channel) const;  // patterns
  std::size_t clients() const { return of_client_.size(); }

 private:
  using Names = std::set<std::string, std::less<>>;
  std::array<std::map<std::string, std::vector<ClientId>, std::less<>>, kSpaces> by_name_;
  std::map<ClientId, std::array<Names, kSpaces>> of_client_;
};

}  // namespace hc
