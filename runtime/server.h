// The whole process behind main(): takes the ports and the data folder, starts the node, carries out its effects, and
// ends in order. The parts know how; this knows which there are and in what order they live and die.
//
// Ending: at the first SIGTERM or SIGINT no new client is let in, and the node hears StopAsked. Once it says Stopped,
// or kStopTime has passed, what clients are owed is sent (for at most kFlushTime) and everything is closed. A second
// signal ends the process at once.
#pragma once

#include <uv.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data_folder.h"
#include "runtime/desk.h"
#include "runtime/event_lines.h"
#include "runtime/figures.h"
#include "runtime/gossip_socket.h"
#include "runtime/host.h"
#include "runtime/http_connection.h"
#include "runtime/listener.h"
#include "runtime/log_keeper.h"
#include "runtime/memory_gauge.h"
#include "runtime/options.h"
#include "runtime/peer_links.h"
#include "runtime/stop_signals.h"
#include "runtime/vote_keeper.h"

namespace hc {

class Server final : public Outside {
 public:
  static constexpr std::uint64_t kStopTimeMs = 8500;
  static constexpr Duration kFlushTime = 500ms;

  explicit Server(const Options& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until the process is to end; its exit status. What went wrong is on standard error.
  int run();

  void carry_out(Dial&& dial) override { links_.dial(dial.link, dial.to); }
  void carry_out(Close&& close) override { links_.close(close.link); }
  void carry_out(Send&& send) override { links_.send(send.link, send.frame); }
  void carry_out(Gossip&& gossip) override { gossip_.send(gossip.to, gossip.packet); }
  void carry_out(StoreVote&& store) override;
  void carry_out(BecameReady&& ready) override;
  void carry_out(Stopped&& stopped) override;
  void carry_out(Note&& note) override;
  void carry_out(AppendLog&& append) override { log_->append(std::move(append)); }
  void carry_out(SyncLog&& sync) override { log_->sync(sync); }
  void carry_out(KeepLog&& keep) override { log_->keep(keep); }
  void carry_out(Announce&& announce) override;
  void turn_ended() override { links_.flush(); }

 private:
  std::expected<void, std::string> make_room_for_clients();
  void describe_process();
  void introduce() const;
  std::expected<void, std::string> take_ports();
  std::expected<void, std::string> take_member_port();
  std::expected<std::optional<VoteRecord>, std::string> take_data();
  std::expected<void, std::string> let_in();
  void start_node(std::optional<VoteRecord> vote);
  NodeConfig configure() const;
  void show_settings();
  void resp_knocked(uv_stream_t* listener);
  void http_knocked(uv_stream_t* listener);
  void every_second();
  void measure_memory();
  void bound_clients();
  std::uint64_t held_by_clients() const;
  void stop_asked();
  void finish();  // sends what is owed, then close_everything()
  std::vector<ClientRecord*> everyone() const;
  std::vector<HttpConnection*> every_http_client() const;
  void close_everything();
  void fail(const std::string& what);

  Options options_;
  Loop loop_;
  Resolver resolver_;
  std::unique_ptr<Listener> resp_listener_, http_listener_, peer_listener_;
  PeerLinks links_;
  GossipSocket gossip_;
  std::optional<DataFolder> folder_;
  std::optional<VoteKeeper> votes_;
  std::optional<LogKeeper> log_;
  Statistics statistics_;
  Settings settings_;
  ProcessFacts facts_;
  std::optional<Recorder> recorder_;
  std::optional<Host> host_;
  std::optional<Office> office_;
  std::optional<EventHistory> events_;
  EventLines event_lines_;
  HttpClients http_clients_;
  StopSignals signals_;
  uv_timer_t second_{};  // once a second, for what clients outlast
  uv_timer_t stop_{};    // the end's patience
  uv_timer_t memory_{};  // twenty times a second, where there is a limit to watch
  std::uint64_t commands_counted_ = 0;
  Traffic traffic_counted_;
  MemoryGauge gauge_;
  std::uint64_t told_hollow_ = 0;
  bool huge_pages_ = false;
  Time flush_until_;
  int status_ = 0;
  bool stopping_ = false, finishing_ = false, closed_ = false;
};

}  // namespace hc
