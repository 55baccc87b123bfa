#include "runtime/resolver.h"

#include <netdb.h>
#include <spdlog/spdlog.h>

#include <cstring>
#include <memory>
#include <utility>

#include "runtime/clock.h"
#include "runtime/socket_names.h"

namespace hc {

namespace {
constexpr Duration kRemembered = 10s;
constexpr Duration kFailureRemembered = 1s;
}  // namespace

struct Resolver::LookUp {
  uv_getaddrinfo_t request{};
  Resolver* resolver = nullptr;
  std::string name;
};

void Resolver::tell(const Known& known, std::uint16_t port, const Done& done) {
  if (!known.address) return done(nullptr);
  sockaddr_storage address = *known.address;
  // IPv4 and IPv6 keep the port at the same place.
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  done(reinterpret_cast<const sockaddr*>(&address));
}

Resolver::Resolver(Loop& loop, const std::string& bind) : loop_(loop), family_(AF_UNSPEC) {
  if (const auto own = numeric(bind, 0); own && own->ss_family == AF_INET) family_ = AF_INET;
}

void Resolver::resolve(const Address& address, Done done) {
  if (const auto known = numeric(address.host, address.port)) return done(reinterpret_cast<const sockaddr*>(&*known));
  Known& known = names_[address.host];
  const bool old = !known.under_way && read_clocks().mono >= known.until;
  if (!known.address && (old || known.under_way)) {
    known.waiting.emplace_back(address.port, std::move(done));
  } else {
    tell(known, address.port, done);
  }
  if (old && !known.under_way) look_up(address.host, known);
}

void Resolver::look_up(const std::string& name, Known& known) {
  known.under_way = true;
  auto* look_up = new LookUp{{}, this, name};
  look_up->request.data = look_up;
  addrinfo hints{};
  hints.ai_family = family_;
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(loop_.uv(), &look_up->request, found, look_up->name.c_str(), nullptr, &hints);
  if (status != 0) found(&look_up->request, status, nullptr);
}

void Resolver::found(uv_getaddrinfo_t* request, int status, addrinfo* result) {
  const std::unique_ptr<LookUp> look_up(static_cast<LookUp*>(request->data));
  Known& known = look_up->resolver->names_[look_up->name];
  known.under_way = false;
  const bool failed = status != 0 || result == nullptr;
  if (failed && !known.failed && status != UV_ECANCELED)
    spdlog::warn("the name {} of a member is not known at present: {}{}", look_up->name,
                 uv_strerror(status == 0 ? UV_EAI_NONAME : status),
                 known.address ? "; its last address is used" : "; it is asked for again and again");
  known.failed = failed;
  if (!failed) {
    known.address.emplace();
    std::memcpy(&*known.address, result->ai_addr, result->ai_addrlen);
  }
  if (result != nullptr) uv_freeaddrinfo(result);
  known.until = read_clocks().mono + (failed ? kFailureRemembered : kRemembered);
  for (const auto& [port, done] : std::exchange(known.waiting, {})) tell(known, port, done);
}

}  // namespace hc
