#include "runtime/http_connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/slot.h"
#include "runtime/clock.h"
#include "runtime/pages.h"

namespace hc {

namespace {
constexpr std::size_t kOutputPauseBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kWaitingMax = 1024;
constexpr Duration kKeepAlive = 15s;
}  // namespace

HttpConnection::HttpConnection(Host& host, Office& office, HttpClients& fellows)
    : Stream(host.loop()), host_(host), office_(office), fellows_(fellows) {}

void HttpConnection::open() {
  id_ = host_.enter(*this);
  fellows_.emplace(id_, this);
  ++office_.http_clients;
  last_used_ = read_clocks().mono;
  ++office_.statistics.connections_received;
  probe_when_idle(office_.settings.live().keepalive_seconds);
  start_reading();
}

void HttpConnection::turn_away() {
  write_http(http_error(503, "the limit of clients is reached", "MAXCLIENTS"), false, false, out());
  close_when_flushed();
  flush();
}

std::size_t HttpConnection::consume(std::string_view bytes) {
  if (watching_) return bytes.size();  // nothing more can be asked
  const Now now = host_.clocks();      // rule 3e: after the bytes were read
  last_used_ = now.mono;
  consuming_ = true;
  std::size_t used = 0;
  // Once more, if what was in the way went away by sending.
  do {
    if (!serve_all(bytes, used, now)) break;
    after_input();
  } while (!must_pause());
  after_input();
  consuming_ = false;
  return used;
}

// Puts the requests that are there. True if it stopped for another reason than that there are no more.
bool HttpConnection::serve_all(std::string_view bytes, std::size_t& used, Now now) {
  while (!must_pause()) {
    std::size_t consumed = 0;
    const HttpParser::Outcome outcome = parser_.next(bytes.substr(used), consumed);
    used += consumed;
    if (outcome == HttpParser::Outcome::kRequest) {
      serve(parser_.request(), now);
    } else if (outcome == HttpParser::Outcome::kContinue) {
      continue_owed_ = true;
      send_ready();
    } else {
      if (outcome == HttpParser::Outcome::kError) respond_here(parser_.error(), false, false);
      return false;
    }
  }
  return true;
}

bool HttpConnection::must_pause() const {
  return last_request_ || continue_owed_ || closing() || waiting_.size() >= kWaitingMax ||
         unsent() >= office_.settings.live().pause_at(kOutputPauseBytes);
}

void HttpConnection::serve(HttpRequest& request, Now now) {
  ++office_.statistics.http_requests;
  const bool keep_alive = request.keep_alive, head_only = request.method == HttpMethod::kHead;
  HttpCall call = translate(request);
  if (const auto* at_once = std::get_if<HttpResponse>(&call)) return respond_here(*at_once, keep_alive, head_only);
  if (const auto* page = std::get_if<PageCall>(&call))
    return respond_here(make_page(*page, office_, now), keep_alive, head_only);
  if (auto* events = std::get_if<EventsCall>(&call)) return watch(std::move(*events), now);
  const RequestId id = host_.next_request();
  if (!keep_alive) last_request_ = true;
  waiting_.push_back({id, now.mono, std::move(std::get<CacheCall>(call)), keep_alive, head_only, false, {}});
  // The answer may come at once and take the row away: the arguments are kept apart. It needs the key, not the value.
  CacheCall& row = waiting_.back().call;
  const std::vector<std::string> words = std::exchange(row.args, {row.args[0], row.args[1]});
  const std::vector<Bytes> args(words.begin(), words.end());
  host_.ask(id_, id, args, now);
}

// ---- events

void HttpConnection::watch(EventsCall call, Now now) {
  last_request_ = true;
  watching_ = std::move(call);
  said_at_ = now.mono;
  say(kEventStreamHead);
  if (watching_->last_id.empty()) return;
  const bool all = office_.events.after(watching_->last_id, [this](const auto& event) { show(event); });
  if (!all) say(": what came before is not known here\n\n");
}

void HttpConnection::show(const EventHistory::Event& event) {
  const auto& types = watching_->types;
  if (types.empty() || std::ranges::find(types, event.type) != types.end())
    say(event_text(event.id, event.type, event.json));
}

void HttpConnection::keep_alive(Time now) {
  if (now - said_at_ < kKeepAlive) return;
  said_at_ = now;
  say(": still here\n\n");
  if (!closing()) flush();
}

// Behind the responses that are still owed. Whoever does not keep up is let go, as a listener over RESP is.
void HttpConnection::say(std::string_view bytes) {
  if (closing() || closing_when_flushed()) return;
  if (waiting_.empty())
    out().append(bytes);
  else if (waiting_.back().watches)
    waiting_.back().bytes.append(bytes);
  else
    waiting_.push_back({host_.next_request(), {}, {}, true, false, true, std::string(bytes), true});
  if (unsent() > office_.settings.live().output_of_listeners.hard_bytes &&
      office_.settings.live().output_of_listeners.hard_bytes > 0) {
    spdlog::warn("HTTP client {} is closed: {} bytes of events wait for it, beyond client-output-buffer-limit (pubsub)",
                 id_.value, unsent());
    ++office_.statistics.clients_over_limit;
    return close();
  }
  if (!consuming_) host_.will_send(id_, *this);
}

void HttpConnection::respond_here(const HttpResponse& response, bool keep_alive, bool head_only) {
  if (!keep_alive) last_request_ = true;
  Waiting& row = waiting_.emplace_back();
  row.request = host_.next_request();
  row.answered = true;
  write_http(response, keep_alive, head_only, row.bytes);
  send_ready();
}

void HttpConnection::answered(RequestId request, const Reply& reply) {
  const auto found = std::lower_bound(waiting_.begin(), waiting_.end(), request,
                                      [](const Waiting& w, RequestId wanted) { return w.request < wanted; });
  HC_CHECK(found != waiting_.end() && found->request == request && !found->answered,
           "an answer that nobody waits for: HTTP client " + std::to_string(id_.value));
  found->answered = true;
  office_.commands.answered(find_command(found->call.args[0]), reply, found->asked);
  const HttpResponse response = respond(found->call, reply, context_of(found->call.key()));
  write_http(response, found->keep_alive, found->head_only, found->bytes);
  send_ready();
  if (!consuming_) host_.will_send(id_, *this);
}

void HttpConnection::send_ready() {
  while (!waiting_.empty() && waiting_.front().answered) {
    out().append(waiting_.front().bytes);
    waiting_.pop_front();
  }
  if (waiting_.empty() && std::exchange(continue_owed_, false)) out().append(kHttpContinue);
}

void HttpConnection::after_input() {
  if (closing()) return;
  const std::uint64_t most = office_.settings.live().clients_bytes_max;
  if (most > 0 && parser_.held() > most && !last_request_) {
    ++office_.statistics.clients_over_limit;
    respond_here(http_error(503, "the body takes more memory than all clients may (maxmemory-clients)", "OOM"), false,
                 false);
  }
  if (last_request_ && waiting_.empty() && !watching_) close_when_flushed();
  flush();
  if (!closing() && must_pause() && !watching_) pause_reading();
}

void HttpConnection::send_gathered() {
  after_input();
  if (!closing()) go_on();
}

void HttpConnection::drained() {
  if (!consuming_) go_on();
}

void HttpConnection::go_on() {
  if (reading() || must_pause() || closing_when_flushed()) return;
  if (kept() > 0) consume_kept();
  if (!must_pause() && !closing()) start_reading();
}

void HttpConnection::end_when_answered() {
  last_request_ = true;
  pause_reading();
  if (!waiting_.empty()) return;
  close_when_flushed();
  flush();
}

HttpContext HttpConnection::context_of(const std::string& key) const {
  HttpContext context;
  const Node& node = host_.node();
  context.self = node.self().id;
  const ViewRef view = node.view();
  if (!view) return context;
  const InSyncList& list = view->slots[slot_of(key, node.config().slots).value].list;
  if (!list.empty()) context.primary = list.front().member;
  context.local = context.primary == context.self;
  return context;
}

std::size_t HttpConnection::held() const {
  std::size_t bytes = buffered() + parser_.held() + waiting_.size() * sizeof(Waiting);
  for (const Waiting& row : waiting_) bytes += row.bytes.capacity();
  return bytes;
}

void HttpConnection::ended(int) {
  office_.statistics.bytes_in += bytes_in();
  office_.statistics.bytes_out += bytes_out();
  if (fellows_.erase(id_) != 0) --office_.http_clients;
  if (id_) host_.leave(id_);
}

}  // namespace hc
