// HELLO, AUTH, RESET, SELECT, QUIT, and the way to the larger families.
#include <algorithm>
#include <string>

#include "core/base/check.h"
#include "core/command/text.h"
#include "runtime/desk.h"
#include "runtime/version.h"

namespace hc {

using command::same_word;

namespace {

constexpr std::string_view kNoPassword =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration "
    "is correct?";
constexpr std::string_view kWrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

Reply who_we_are(const Desk& desk) {
  std::vector<Reply> entries;
  const auto add = [&entries](std::string_view key, Reply value) {
    entries.push_back(Reply::bulk(Text::borrow(key)));
    entries.push_back(std::move(value));
  };
  add("server", Reply::bulk(Text::borrow("redis")));
  add("version", Reply::bulk(Text::borrow(kRedisVersion)));
  add("proto", Reply::number(desk.client.protocol));
  add("id", Reply::number(static_cast<std::int64_t>(desk.client.id.value)));
  add("mode", Reply::bulk(Text::borrow("standalone")));
  add("role", Reply::bulk(Text::borrow("master")));
  add("modules", Reply::array({}));
  return Reply::map(std::move(entries));
}

// Users other than "default" do not exist, and "default" needs no password: any is right.
bool may_enter(Bytes user) { return user == "default"; }

}  // namespace

bool is_client_name(Bytes name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

Reply hello_command(Args args, Desk& desk) {
  std::size_t next = 1;
  int protocol = desk.client.protocol;
  if (args.size() >= 2) {
    const auto wanted = command::parse_integer(args[next++]);
    if (!wanted) return Reply::error_literal("ERR Protocol version is not an integer or out of range");
    if (*wanted < 2 || *wanted > 3) return Reply::error_literal("NOPROTO unsupported protocol version");
    protocol = static_cast<int>(*wanted);
  }
  std::optional<Bytes> user, name;
  while (next < args.size()) {
    const std::size_t left = args.size() - next - 1;
    if (same_word(args[next], "auth") && left >= 2) {
      user = args[next + 1];
      next += 3;
    } else if (same_word(args[next], "setname") && left >= 1) {
      name = args[next + 1];
      if (!is_client_name(*name)) {
        return Reply::error_literal("ERR Client names cannot contain spaces, newlines or special characters.");
      }
      next += 2;
    } else {
      return command::error_quoting("ERR Syntax error in HELLO option '" + std::string(args[next]) + "'");
    }
  }
  if (user && !may_enter(*user)) return Reply::error_literal(kWrongPassword);
  if (name) desk.client.name = *name;
  desk.client.protocol = protocol;
  return who_we_are(desk);
}

Reply auth_command(Args args) {
  if (args.size() > 3) return command::syntax_error();
  if (args.size() == 2) return Reply::error_literal(kNoPassword);
  return may_enter(args[1]) ? Reply::ok() : Reply::error_literal(kWrongPassword);
}

Reply reset_command(Desk& desk) {
  desk.client.name.clear();
  desk.client.protocol = 2;
  // What CLIENT REPLY SKIP meant for this command itself holds.
  if (desk.client.replies == ClientRecord::Replies::kOff) desk.client.replies = ClientRecord::Replies::kOn;
  desk.client.no_evict = desk.client.no_touch = false;
  desk.client.knows_map = desk.client.reads_replicas = false;
  if (desk.client.listens()) desk.office.silence(desk.client.id);
  desk.client.channels = desk.client.patterns = desk.client.shard_channels = 0;
  return Reply::simple("RESET");
}

Reply select_command(Args args) {
  const auto index = command::parse_integer(args[1]);
  if (!index) return command::not_an_integer();
  if (*index < INT32_MIN || *index > INT32_MAX) {
    return Reply::error_literal("ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  return *index == 0 ? Reply::ok() : Reply::error_literal("ERR DB index is out of range");  // there is one database
}

Reply run_connection_command(const CommandSpec& spec, Args args, Desk& desk) {
  const std::string_view name = spec.name;
  if (name == "hello") return hello_command(args, desk);
  if (name == "client") return client_command(args, desk);
  if (name == "config") return config_command(args, desk);
  if (name == "info") return info_command(args, desk);
  if (name == "slowlog") return slow_log_command(args, desk);
  if (name == "cluster") return cluster_command(args, desk);
  if (name == "asking") return Reply::ok();  // slots move without a gap: nobody is ever sent to ask
  if (name == "readonly" || name == "readwrite") {
    desk.client.reads_replicas = name == "readonly";
    return Reply::ok();
  }
  if (name == "bgsave" || name == "bgrewriteaof") return snapshot_command(spec, args, desk);
  if (name == "lastsave") return last_save_command(desk);
  if (name == "select") return select_command(args);
  if (name == "reset") return reset_command(desk);
  if (name == "auth") return auth_command(args);
  if (name == "quit") {
    desk.client.close_after_reply = true;
    return Reply::ok();
  }
  HC_CHECK(false, "no connection command " + std::string(name));
  return {};
}

}  // namespace hc
