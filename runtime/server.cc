#include "runtime/server.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/command/notice.h"
#include "core/replication/memory.h"
#include "io/slots_codec.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/memory.h"
#include "runtime/option_table.h"
#include "runtime/resp_connection.h"
#include "runtime/socket_names.h"
#include "runtime/version.h"

namespace hc {

namespace {

constexpr int kAnyPortTries = 50;
constexpr rlim_t kOwnDescriptors = 128;  // for files, the other members and what listens; each client is one more
constexpr std::uint64_t kFlushPollMs = 10;
constexpr std::uint64_t kMeasureMs = 50;
constexpr std::uint64_t kMuchData = 16 << 20;       // bytes: from here on pages are huge
constexpr std::uint64_t kMeasureSteps = 64 * 1024;  // bytes: less is no news

std::uint64_t random_word() {
  std::uint64_t word = 0;
  const ssize_t count = getrandom(&word, sizeof word, 0);
  HC_CHECK(count == static_cast<ssize_t>(sizeof word), "the kernel gives no random numbers");
  return word | 1;  // never "none"
}

std::string hex_id() {
  std::string text;
  std::array<char, 17> part{};
  while (text.size() < 40) {
    std::snprintf(part.data(), part.size(), "%016llx", static_cast<unsigned long long>(random_word()));
    text += part.data();
  }
  return text.substr(0, 40);
}

// As many descriptors as the system lets us have.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return RLIM_INFINITY;
  const rlimit most{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : limit.rlim_cur;
}

bool is_any_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

// The first address of this machine that others could use.
std::string outward_address() {
  uv_interface_address_t* all = nullptr;
  int count = 0;
  if (uv_interface_addresses(&all, &count) != 0) return "127.0.0.1";
  std::string found = "127.0.0.1";
  for (int i = 0; i < count; ++i) {
    if (all[i].is_internal != 0 || all[i].address.address4.sin_family != AF_INET) continue;
    found = address_of(reinterpret_cast<const sockaddr*>(&all[i].address.address4)).host;
    break;
  }
  uv_free_interface_addresses(all, count);
  return found;
}

}  // namespace

Server::Server(const Options& options)
    : options_(options),
      resolver_(loop_, options.bind),
      links_(loop_, resolver_),
      gossip_(loop_, resolver_, options.cluster_name),
      signals_(loop_, [this] { stop_asked(); }) {
  for (uv_timer_t* timer : {&second_, &stop_, &memory_}) {
    uv_timer_init(loop_.uv(), timer);
    timer->data = this;
  }
}

Server::~Server() = default;

int Server::run() {
  const auto room = make_room_for_clients();
  describe_process();
  const auto ports = room ? take_ports() : room;
  auto vote = ports ? take_data() : std::unexpected(ports.error());
  if (vote && !options_.record.empty()) {
    if (auto recorder = Recorder::open(options_.record))
      recorder_.emplace(std::move(*recorder));
    else
      vote = std::unexpected(recorder.error());
  }
  if (vote) {
    use_huge_pages(false);
    keep_free_pages(options_.memory.bytes == 0);  // first: what comes now stays where it is put
    learn_slot_order();
    host_.emplace(loop_, configure(), *this, recorder_ ? &*recorder_ : nullptr);
    loop_.set_foresee([this](std::span<const std::string_view> sent) { RespConnection::foresee_all(*host_, sent); });
    const auto ask_to_leave = [this](NodeId member) { host_->happened(LeaveAsked{member}); };
    const auto force = [this](const Decree& decree) { host_->happened(ForceAsked{decree}); };
    const auto accept_loss = [this](const SlotSet& slots) { host_->happened(LossAccepted{slots}); };
    events_.emplace(facts_.run_id.substr(0, 16));
    office_.emplace(Office{host_->node(), facts_, settings_, statistics_, host_->commands(), host_->turns(), *events_,
                           ask_to_leave, force, accept_loss});
    if (log_) office_->log = &log_->figures();
    office_->silence = [this](ClientId client) { host_->happened(ClientReset{client}); };
    office_->ask_snapshot = [this] { host_->happened(SnapshotAsked{}); };
    links_.attach(*host_);
    if (votes_) votes_->attach(*host_);
    show_settings();
    if (!options_.alone) gossip_.start(*host_, host_->node().self().generation);
    introduce();
    uv_timer_start(&second_, [](uv_timer_t* timer) { static_cast<Server*>(timer->data)->every_second(); }, 1000, 1000);
    uv_timer_start(
        &memory_,
        [](uv_timer_t* timer) {
          static_cast<Server*>(timer->data)->bound_clients();
          static_cast<Server*>(timer->data)->measure_memory();
        },
        0, kMeasureMs);
    // Open before the node can say that it is ready; nobody is let in before the loop runs.
    if (const auto open = let_in(); open)
      start_node(std::move(*vote));
    else
      fail(open.error());
  } else {
    fail(vote.error());
  }
  uv_run(loop_.uv(), UV_RUN_DEFAULT);
  return status_;
}

// With a log the node starts when it is read; meanwhile clients hear so.
void Server::start_node(std::optional<VoteRecord> vote) {
  if (!log_) return host_->start(std::move(vote));
  host_->open();
  log_->read(*host_, [this, vote = std::move(vote), began = read_clocks().mono](std::uint64_t segment) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(read_clocks().mono - began).count();
    const LogKeeper::Figures& f = log_->figures();
    spdlog::info("read {} bytes of the log in {} ms{}", f.read, ms,
                 f.torn == 0 ? "" : ", and cut a torn tail of " + std::to_string(f.torn) + " bytes");
    host_->start(vote, segment);
  });
}

void Server::http_knocked(uv_stream_t* listener) {
  auto* connection = new HttpConnection(*host_, *office_, http_clients_);
  if (connection->accept(listener) != 0) return connection->close();
  if (host_->clients() < settings_.live().clients_max) return connection->open();
  ++statistics_.connections_rejected;
  connection->turn_away();
}

void Server::introduce() const {
  const std::string as = options_.alone ? "alone" : "members on " + to_string(host_->node().self().gossip());
  const std::string data = options_.data_dir.empty() ? "nothing on disk" : "data in " + options_.data_dir;
  spdlog::info("hypercache {}: RESP on {}:{}, HTTP on {}:{}, {}, {}", kVersion, options_.bind, facts_.resp_port,
               options_.bind, facts_.http_port, as, data);
}

// A client that takes the last descriptor would take it from the vote or the log.
std::expected<void, std::string> Server::make_room_for_clients() {
  const rlim_t descriptors = raise_descriptor_limit();
  if (descriptors == RLIM_INFINITY) return {};
  if (descriptors <= kOwnDescriptors)
    return std::unexpected(
        "this process may open " + std::to_string(descriptors) + " files at once (ulimit -n), and " +
        std::to_string(kOwnDescriptors) +
        " are for its own files and other members: allow more, one for each client (LimitNOFILE= of systemd)");
  const std::uint64_t wanted = settings_.live().clients_max;
  settings_.bound_clients_max(descriptors - kOwnDescriptors);
  if (settings_.live().clients_max < wanted)
    spdlog::warn("maxclients is {}, not {}: this process may open {} files at once (ulimit -n), and {} are its own",
                 settings_.live().clients_max, wanted, descriptors, kOwnDescriptors);
  return {};
}

void Server::describe_process() {
  facts_.started = read_clocks().mono;
  facts_.memory_at_start = memory_use().allocated;
  facts_.run_id = hex_id();
  std::error_code ignored;
  facts_.executable = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!options_.config_file.empty()) facts_.config_file = std::filesystem::absolute(options_.config_file, ignored);
}

std::expected<void, std::string> Server::take_ports() {
  resp_listener_ = std::make_unique<Listener>(loop_);
  if (const auto taken = resp_listener_->bind(options_.bind, options_.resp_port); !taken) return taken;
  http_listener_ = std::make_unique<Listener>(loop_);
  if (const auto taken = http_listener_->bind(options_.bind, options_.http_port); !taken) return taken;
  facts_.resp_port = resp_listener_->port();
  facts_.http_port = http_listener_->port();
  if (options_.alone) return {};
  return take_member_port();
}

// One number for both protocols. With "any", the TCP port that the system gives may be taken in UDP: try again.
std::expected<void, std::string> Server::take_member_port() {
  for (int tries = 1;; ++tries) {
    peer_listener_ = std::make_unique<Listener>(loop_);
    if (const auto taken = peer_listener_->bind(options_.bind, options_.gossip_port); !taken) return taken;
    const auto taken = gossip_.bind(options_.bind, peer_listener_->port());
    if (taken) break;
    if (options_.gossip_port != 0 || tries == kAnyPortTries) return taken;
    peer_listener_->close();
    uv_run(loop_.uv(), UV_RUN_NOWAIT);
  }
  facts_.gossip_port = peer_listener_->port();
  return {};
}

std::expected<std::optional<VoteRecord>, std::string> Server::take_data() {
  if (options_.data_dir.empty()) return std::nullopt;
  auto folder = DataFolder::open(options_.data_dir);
  if (!folder) return std::unexpected(folder.error());
  folder_.emplace(std::move(*folder));
  votes_.emplace(loop_, *folder_, [this](const std::string& what) { fail(what); });
  if (options_.append_only)
    log_.emplace(loop_, options_.data_dir + "/log", folder_->reserve(),
                 [this](const std::string& what) { fail(what); });
  return folder_->read_vote();
}

NodeConfig Server::configure() const {
  NodeConfig config = node_config(options_);
  MemberInfo& self = config.self;
  self.host = !options_.announce_host.empty() ? options_.announce_host
              : is_any_address(options_.bind) ? outward_address()
                                              : options_.bind;
  self.gossip_port = facts_.gossip_port;
  self.resp_port = facts_.resp_port;
  self.http_port = facts_.http_port;
  self.generation = {random_word(), random_word()};
  config.fresh_storage = {random_word(), random_word()};
  config.seed = random_word();
  config.relocate = relocate_function();
  return config;
}

std::expected<void, std::string> Server::let_in() {
  const auto resp = resp_listener_->listen([this](uv_stream_t* listener) { resp_knocked(listener); });
  if (!resp) return resp;
  const auto http = http_listener_->listen([this](uv_stream_t* listener) { http_knocked(listener); });
  if (!http) return http;
  if (!peer_listener_) return {};
  return peer_listener_->listen([this](uv_stream_t* listener) { links_.accept(listener); });
}

void Server::resp_knocked(uv_stream_t* listener) {
  auto* connection = new RespConnection(*host_, *office_);
  if (connection->accept(listener) != 0) return connection->close();
  if (host_->clients() < settings_.live().clients_max) return connection->open();
  ++statistics_.connections_rejected;
  connection->turn_away("ERR max number of clients reached");
}

// Our own flags, as CONFIG GET shows them.
void Server::show_settings() {
  std::error_code ignored;
  const std::string folder = options_.data_dir.empty() ? std::filesystem::current_path(ignored)
                                                       : std::filesystem::absolute(options_.data_dir, ignored);
  for (const OptionSpec& spec : option_table())
    if (!spec.live && spec.name != "save") settings_.show(spec.name, spec.show(options_));
  const std::pair<const char*, std::string> shown[] = {
      {"port", std::to_string(facts_.resp_port)},      {"dir", folder},
      {"announce-host", host_->node().self().host},    {"resp-port", std::to_string(facts_.resp_port)},
      {"http-port", std::to_string(facts_.http_port)}, {"gossip-port", std::to_string(facts_.gossip_port)},
  };
  for (const auto& [name, value] : shown) settings_.show(name, value);
  settings_.begin_memory(options_.memory, [this](const MemoryLimits& limits) {
    keep_free_pages(limits.bytes == 0);
    use_huge_pages(huge_pages_ = false);
    host_->happened(MemoryLimited{limits});
    measure_memory();
  });
  settings_.begin_filter(options_.cuckoo_filter, options_.cuckoo_fpp_ppm,
                         [this](std::string_view mode, std::uint32_t fpp_ppm) {
                           host_->happened(KeysFiltered{key_filter_ppm(mode, fpp_ppm)});
                         });
  settings_.offer("log-level", options_.log.level, "trace, debug, info, warning, error");
  settings_.offer("appendfsync", fsync_word(options_.append_fsync), "everysec, always, no");
  settings_.begin_growth(
      options_.growth_bytes, options_.growth_percent,
      [this](std::size_t bytes, std::uint32_t percent) { host_->happened(GrowthSet{bytes, percent}); });
  settings_.on_fsync([this](std::string_view word) { host_->happened(FsyncSet{fsync_of(word)}); });
  settings_.begin_notices(options_.notices,
                          [this](std::string_view letters) { host_->happened(NoticesSet{*parse_notices(letters)}); });
  if (options_.save_seconds != 0) settings_.show("save", std::to_string(options_.save_seconds) + " 1");
  settings_.on_log_level(set_log_level);
}

void Server::every_second() {
  if (recorder_) recorder_->flush();
  const std::uint64_t done = statistics_.commands_processed + statistics_.http_requests;
  statistics_.commands_last_second = done - std::min(done, std::exchange(commands_counted_, done));
  const Traffic traffic = traffic_of(*office_);
  statistics_.bytes_in_last_second = traffic.in - std::min(traffic.in, std::exchange(traffic_counted_.in, traffic.in));
  statistics_.bytes_out_last_second =
      traffic.out - std::min(traffic.out, std::exchange(traffic_counted_.out, traffic.out));
  const LiveSettings& live = settings_.live();
  const Time now = read_clocks().mono;
  office_->figures.update(host_->node().view());
  office_->transfers.look(host_->node(), office_->figures, now);
  for (HttpConnection* client : every_http_client())
    if (client->watches()) client->keep_alive(now);
  if (live.idle_seconds_max == 0) return;
  const auto is_idle = [&](Time since) { return now - since > std::chrono::seconds(live.idle_seconds_max); };
  for (ClientRecord* client : everyone())
    if (!client->listens() && is_idle(client->last_command_at)) client->kill();
  for (HttpConnection* client : every_http_client())
    if (!client->watches() && is_idle(client->last_used())) client->close();
}

// Of all clients. An empty buffer goes first, then whoever holds most, as with Redis' maxmemory-clients.
void Server::bound_clients() {
  const std::uint64_t most = settings_.live().clients_bytes_max;
  if (most == 0 || held_by_clients() <= most) return;
  for (ClientRecord* client : everyone()) client->give_back();
  for (HttpConnection* client : every_http_client()) client->trim();
  std::uint64_t held = held_by_clients();
  if (held <= most) return;
  struct Holder {
    std::uint64_t bytes;
    std::string name;
    std::function<void()> close;
  };
  std::vector<Holder> all;
  for (ClientRecord* client : everyone())
    if (!client->no_evict)
      all.push_back(
          {client->held(), std::to_string(client->id.value) + " at " + client->address, [client] { client->kill(); }});
  for (HttpConnection* client : every_http_client())
    all.push_back({client->held(), "over HTTP", [client] { client->close(); }});
  std::ranges::sort(all, std::greater{}, &Holder::bytes);
  for (const Holder& holder : all) {
    if (held <= most) break;
    spdlog::warn(
        "client {} is closed: its buffers take {} bytes, and those of all clients {} of {} (maxmemory-clients)",
        holder.name, holder.bytes, held, most);
    held -= holder.bytes;
    ++statistics_.clients_over_limit;
    holder.close();
  }
}

std::uint64_t Server::held_by_clients() const {
  std::uint64_t bytes = 0;
  for (const auto& [id, client] : office_->clients) bytes += client->held();
  for (const auto& [id, client] : http_clients_) bytes += client->held();
  return bytes;
}

// What the core does not count itself (rule 5e): buffers, fragments of pages, all else in the process.
void Server::measure_memory() {
  const Memory& memory = host_->node().memory();
  if (memory.limits.bytes == 0) {
    if (!huge_pages_ && memory.counted > kMuchData) use_huge_pages(huge_pages_ = true);
    return;
  }
  const MemoryMeasured measured = gauge_.read(memory_taken(), memory.limits.bytes, memory.counted, held_by_clients());
  const auto differs = [](std::uint64_t x, std::uint64_t y) { return x / kMeasureSteps != y / kMeasureSteps; };
  if (differs(measured.beyond_bytes, memory.beyond) || differs(measured.hollow_bytes, told_hollow_)) {
    told_hollow_ = measured.hollow_bytes;
    host_->happened(measured);
  }
}

void Server::carry_out(StoreVote&& store) {
  if (votes_)
    votes_->store(store);
  else
    host_->happened(VoteStored{store.id});
}

void Server::carry_out(BecameReady&&) {
  std::printf("ready id=%u resp=%u http=%u gossip=%u\n", options_.id.value, facts_.resp_port, facts_.http_port,
              facts_.gossip_port);
  std::fflush(stdout);
}

void Server::carry_out(Note&& note) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  spdlog::log(kLevels[static_cast<std::size_t>(note.level)], "{}", note.text);
}

void Server::carry_out(Announce&& announce) {
  const EventLine line = event_lines_.line_of(announce);
  spdlog::log(line.level == EventLine::Level::kWarning ? spdlog::level::warn
              : line.level == EventLine::Level::kInfo  ? spdlog::level::info
                                                       : spdlog::level::debug,
              "{}", line.text);
  const EventHistory::Event& event = events_->add(std::move(announce));
  for (HttpConnection* client : every_http_client())
    if (client->watches()) client->show(event);
}

void Server::carry_out(Stopped&&) { finish(); }

void Server::stop_asked() {
  if (finishing_) return;  // the node has stopped by itself
  if (std::exchange(stopping_, true)) {
    spdlog::warn("asked to stop twice: ending at once");
    std::_Exit(kExitFailure);
  }
  spdlog::info("asked to stop");
  resp_listener_->close();
  http_listener_->close();
  uv_timer_start(&stop_, [](uv_timer_t* timer) { static_cast<Server*>(timer->data)->finish(); }, kStopTimeMs, 0);
  host_->happened(StopAsked{});
}

void Server::finish() {
  if (std::exchange(finishing_, true)) return;
  resp_listener_->close();
  http_listener_->close();
  flush_until_ = read_clocks().mono + kFlushTime;
  for (ClientRecord* client : everyone()) client->end_when_answered();
  for (HttpConnection* client : every_http_client()) client->end_when_answered();
  uv_timer_start(
      &stop_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<Server*>(timer->data);
        if (self->host_->clients() == 0 || read_clocks().mono >= self->flush_until_) self->close_everything();
      },
      kFlushPollMs, kFlushPollMs);
}

std::vector<ClientRecord*> Server::everyone() const {
  std::vector<ClientRecord*> all;
  if (!office_) return all;
  for (const auto& [id, client] : office_->clients) all.push_back(client);
  return all;
}

std::vector<HttpConnection*> Server::every_http_client() const {
  std::vector<HttpConnection*> all;
  for (const auto& [id, client] : http_clients_) all.push_back(client);
  return all;
}

void Server::fail(const std::string& what) {
  std::fprintf(stderr, "hypercache-node: %s\n", what.c_str());
  status_ = kExitFailure;
  close_everything();
}

void Server::close_everything() {
  if (std::exchange(closed_, true)) return;
  if (votes_) votes_->close();
  if (log_) log_->close();
  links_.close_all();
  gossip_.close();
  for (const auto& listener : {resp_listener_.get(), http_listener_.get(), peer_listener_.get()})
    if (listener != nullptr) listener->close();
  for (ClientRecord* client : everyone()) client->kill();
  for (HttpConnection* client : every_http_client()) client->close();
  if (host_) host_->close();
  signals_.close();
  loop_.close();
  for (uv_timer_t* timer : {&second_, &stop_, &memory_}) uv_close(reinterpret_cast<uv_handle_t*>(timer), nullptr);
}

}  // namespace hc
