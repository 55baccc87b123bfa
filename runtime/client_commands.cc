// CLIENT: what is known of the connections, and the few things that can be done to them.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/command/text.h"
#include "runtime/desk.h"

namespace hc {

using command::same_word;

namespace {

constexpr std::string_view kHelp[] = {
    "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETINFO <option> <value>",
    "    Name the client's library (LIB-NAME) and its version (LIB-VER).",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Accepted; a key's last access is not kept.",
    "HELP",
    "    Prints this help.",
};

std::string describe(const ClientRecord& client, Time now) {
  const auto seconds = [now](Time since) {
    return std::to_string(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - since).count()));
  };
  const ClientRecord::Buffers buffers = client.buffers();
  std::string line = "id=" + std::to_string(client.id.value);
  const auto add = [&line](std::string_view key, std::string_view value) {
    line.append(" ").append(key).append("=").append(value);
  };
  add("addr", client.address);
  add("laddr", client.local_address);
  add("fd", std::to_string(client.descriptor));
  add("name", client.name);
  add("age", seconds(client.connected));
  add("idle", seconds(client.last_command_at));
  add("flags", client.listens()           ? "P"
               : client.close_after_reply ? "c"
               : client.no_evict          ? "e"
               : client.no_touch          ? "T"
                                          : "N");
  add("db", "0");
  add("sub", std::to_string(client.channels));
  add("psub", std::to_string(client.patterns));
  add("ssub", std::to_string(client.shard_channels));
  add("multi", "-1");
  add("qbuf", std::to_string(buffers.query_used));
  add("qbuf-free", std::to_string(buffers.query_free));
  line.append(" argv-mem=0 multi-mem=0");
  add("rbs", std::to_string(buffers.output_capacity));
  add("rbp", "0");
  add("obl", std::to_string(buffers.output));
  add("oll", std::to_string(buffers.waiting));
  add("omem", std::to_string(buffers.output));
  add("tot-mem", std::to_string(buffers.query_used + buffers.query_free + buffers.output_capacity));
  add("events", "r");
  add("cmd", client.last_command.empty() ? "NULL" : client.last_command);
  line.append(" user=default redir=-1");
  add("resp", std::to_string(client.protocol));
  add("lib-name", client.library_name);
  add("lib-ver", client.library_version);
  return line + "\n";
}

std::optional<std::int64_t> on_or_off(Bytes word) {
  if (same_word(word, "on")) return 1;
  if (same_word(word, "off")) return 0;
  return std::nullopt;
}

// The other types are known and empty.
enum class Type : std::uint8_t { kNormal, kListens, kOther };
Type type_of(const ClientRecord& client) { return client.listens() ? Type::kListens : Type::kNormal; }
std::optional<Type> client_type(Bytes word) {
  if (same_word(word, "normal")) return Type::kNormal;
  if (same_word(word, "pubsub")) return Type::kListens;
  for (const Bytes other : {"slave", "replica", "master"})
    if (same_word(word, other)) return Type::kOther;
  return std::nullopt;
}

Reply unknown_type(Bytes word) { return command::error_quoting("ERR Unknown client type '" + std::string(word) + "'"); }

Reply list(Args args, Desk& desk) {
  std::string text;
  const auto add = [&](const ClientRecord& client) { text += describe(client, desk.now.mono); };
  if (args.size() == 4 && same_word(args[2], "type")) {
    const auto type = client_type(args[3]);
    if (!type) return unknown_type(args[3]);
    for (const auto& [id, client] : desk.office.clients)
      if (type_of(*client) == *type) add(*client);
  } else if (args.size() > 3 && same_word(args[2], "id")) {
    for (const Bytes word : args.subspan(3)) {
      const auto id = command::parse_integer(word);
      if (!id) return Reply::error_literal("ERR Invalid client ID");
      const auto found = desk.office.clients.find(ClientId(static_cast<std::uint64_t>(*id)));
      if (found != desk.office.clients.end()) add(*found->second);
    }
  } else if (args.size() == 2) {
    for (const auto& [id, client] : desk.office.clients) add(*client);
  } else {
    return command::syntax_error();
  }
  return Reply::verbatim_copy(text);
}

// Whom CLIENT KILL means.
struct Victims {
  std::optional<std::uint64_t> id;
  std::optional<Type> type;
  Bytes address, local_address;
  bool skip_me = true;

  bool include(const ClientRecord& client, const ClientRecord& me) const {
    if (id && client.id.value != *id) return false;
    if (type && *type != type_of(client)) return false;
    if (!address.empty() && client.address != address) return false;
    if (!local_address.empty() && client.local_address != local_address) return false;
    return !(skip_me && &client == &me);
  }
};

// The error, or nullopt.
std::optional<Reply> read_victims(Args args, Victims& victims) {
  if (args.size() % 2 != 0) return command::syntax_error();
  for (std::size_t i = 0; i < args.size(); i += 2) {
    const Bytes option = args[i], value = args[i + 1];
    if (same_word(option, "id")) {
      const auto id = command::parse_integer(value);
      if (!id || *id < 1) return Reply::error_literal("ERR client-id should be greater than 0");
      victims.id = static_cast<std::uint64_t>(*id);
    } else if (same_word(option, "type")) {
      victims.type = client_type(value);
      if (!victims.type) return unknown_type(value);
    } else if (same_word(option, "addr")) {
      victims.address = value;
    } else if (same_word(option, "laddr")) {
      victims.local_address = value;
    } else if (same_word(option, "user")) {
      if (value != "default") return command::error_quoting("ERR No such user '" + std::string(value) + "'");
    } else if (same_word(option, "skipme") && (same_word(value, "yes") || same_word(value, "no"))) {
      victims.skip_me = same_word(value, "yes");
    } else {
      return command::syntax_error();
    }
  }
  return std::nullopt;
}

Reply kill(Args args, Desk& desk) {
  Victims victims;
  const bool old_form = args.size() == 3;
  if (old_form) {
    victims.address = args[2];
    victims.skip_me = false;
  } else if (const auto error = read_victims(args.subspan(2), victims)) {
    return *error;
  }
  std::vector<ClientRecord*> chosen;
  for (const auto& [id, client] : desk.office.clients)
    if (victims.include(*client, desk.client)) chosen.push_back(client);
  for (ClientRecord* client : chosen) {
    if (client == &desk.client)
      client->close_after_reply = true;
    else
      client->kill();
  }
  if (!old_form) return Reply::number(static_cast<std::int64_t>(chosen.size()));
  return chosen.empty() ? Reply::error_literal("ERR No such client") : Reply::ok();
}

Reply set_name(Bytes name, std::string& target, std::string_view complaint) {
  if (!is_client_name(name)) return Reply::error_literal(complaint);
  target = name;
  return Reply::ok();
}

Reply set_info(Bytes option, Bytes value, ClientRecord& client) {
  if (same_word(option, "lib-name")) {
    return set_name(value, client.library_name, "ERR lib-name cannot contain spaces, newlines or special characters.");
  }
  if (same_word(option, "lib-ver")) {
    return set_name(value, client.library_version,
                    "ERR lib-ver cannot contain spaces, newlines or special characters.");
  }
  return command::error_quoting("ERR Unrecognized option '" + std::string(option) + "'");
}

Reply replies(Bytes mode, ClientRecord& client) {
  if (same_word(mode, "on")) {
    client.replies = ClientRecord::Replies::kOn;
    return Reply::ok();
  }
  if (same_word(mode, "off")) {
    client.replies = ClientRecord::Replies::kOff;
    return {};
  }
  if (same_word(mode, "skip")) {
    if (client.replies != ClientRecord::Replies::kOff) client.replies = ClientRecord::Replies::kSkipNext;
    return {};
  }
  return command::syntax_error();
}

Reply flag(Bytes word, bool& target) {
  const auto value = on_or_off(word);
  if (!value) return command::syntax_error();
  target = *value != 0;
  return Reply::ok();
}

// Subcommands by name, with their number of arguments (negative: at least), "client" and the name included.
struct Subcommand {
  std::string_view name, full_name;
  int arity;
  Reply (*run)(Args, Desk&);
};

constexpr Subcommand kSubcommands[] = {
    {"id", "client|id", 2,
     [](Args, Desk& desk) { return Reply::number(static_cast<std::int64_t>(desk.client.id.value)); }},
    {"getname", "client|getname", 2,
     [](Args, Desk& desk) { return desk.client.name.empty() ? Reply::nil() : Reply::bulk_copy(desk.client.name); }},
    {"setname", "client|setname", 3,
     [](Args args, Desk& desk) {
       return set_name(args[2], desk.client.name,
                       "ERR Client names cannot contain spaces, newlines or special characters.");
     }},
    {"setinfo", "client|setinfo", 4, [](Args args, Desk& desk) { return set_info(args[2], args[3], desk.client); }},
    {"list", "client|list", -2, list},
    {"info", "client|info", 2,
     [](Args, Desk& desk) { return Reply::verbatim_copy(describe(desk.client, desk.now.mono)); }},
    {"kill", "client|kill", -3, kill},
    {"reply", "client|reply", 3, [](Args args, Desk& desk) { return replies(args[2], desk.client); }},
    {"no-evict", "client|no-evict", 3, [](Args args, Desk& desk) { return flag(args[2], desk.client.no_evict); }},
    {"no-touch", "client|no-touch", 3, [](Args args, Desk& desk) { return flag(args[2], desk.client.no_touch); }},
    {"getredir", "client|getredir", 2, [](Args, Desk&) { return Reply::number(-1); }},
    {"help", "client|help", 2, [](Args, Desk&) { return help_of(kHelp); }},
};

}  // namespace

Reply client_command(Args args, Desk& desk) {
  if (args.size() < 2) return wrong_arity("client");
  for (const Subcommand& sub : kSubcommands) {
    if (!same_word(args[1], sub.name)) continue;
    const int count = static_cast<int>(args.size());
    if (sub.arity >= 0 ? count != sub.arity : count < -sub.arity) return wrong_arity(sub.full_name);
    desk.client.last_command = sub.full_name;
    return sub.run(args, desk);
  }
  return unknown_subcommand("CLIENT", args[1]);
}

}  // namespace hc
