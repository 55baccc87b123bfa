// One HTTP client: requests to commands by io/http_api, replies back as responses in the order of the requests. One
// that asked for events gets them from then on, and nothing else.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io/http.h"
#include "io/http_api.h"
#include "runtime/asker.h"
#include "runtime/desk.h"
#include "runtime/event_history.h"
#include "runtime/host.h"
#include "runtime/stream.h"

namespace hc {

class HttpConnection;
using HttpClients = std::map<ClientId, HttpConnection*>;

class HttpConnection final : public Stream, public Asker {
 public:
  HttpConnection(Host& host, Office& office, HttpClients& fellows);

  // Once accepted: reads from now on.
  void open();
  // A last word to a client that is not let in.
  void turn_away();

  void answered(RequestId request, const Reply& reply) override;
  void send_gathered() override;
  void pushed(const Reply&) override {}
  // To one that asked for events: this one, if it is of a type that it wants; and a comment, so that nobody on the way
  // takes the connection for dead.
  void show(const EventHistory::Event& event);
  void keep_alive(Time now);
  bool watches() const { return watching_.has_value(); }
  Time last_used() const { return last_used_; }
  std::size_t held() const;  // bytes of memory for what it asks and what it is answered
  // Reads no more, and closes when every response is sent.
  void end_when_answered();

 protected:
  std::size_t consume(std::string_view bytes) override;
  void drained() override;
  void input_ended() override { end_when_answered(); }
  void ended(int status) override;

 private:
  struct Waiting {
    RequestId request;
    Time asked{};
    CacheCall call;
    bool keep_alive = true;
    bool head_only = false;
    bool answered = false;
    std::string bytes;
    bool watches = false;  // the events behind those that are owed
  };

  bool serve_all(std::string_view bytes, std::size_t& used, Now now);
  void serve(HttpRequest& request, Now now);
  void watch(EventsCall call, Now now);
  void say(std::string_view bytes);
  void respond_here(const HttpResponse& response, bool keep_alive, bool head_only);
  HttpContext context_of(const std::string& key) const;
  bool must_pause() const;
  void send_ready();
  void after_input();
  void go_on();

  Host& host_;
  Office& office_;
  HttpClients& fellows_;
  HttpParser parser_;
  ClientId id_;
  std::deque<Waiting> waiting_;  // oldest first; of those before, every response is in out()
  Time last_used_, said_at_;
  std::optional<EventsCall> watching_;
  bool continue_owed_ = false;  // the client waits for leave to send its body, behind what waits
  bool last_request_ = false;   // nothing after it is read
  bool consuming_ = false;
};

}  // namespace hc
