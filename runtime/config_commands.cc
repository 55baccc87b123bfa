// CONFIG GET, SET, RESETSTAT.
#include <map>
#include <string>
#include <vector>

#include "core/command/text.h"
#include "runtime/desk.h"

namespace hc {

using command::same_word;

namespace {

constexpr std::string_view kHelp[] = {
    "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Not there: says which file holds the configuration.",
    "HELP",
    "    Prints this help.",
};

Reply get(Args patterns, const Desk& desk) {
  std::map<std::string, std::string> found;
  for (const Bytes pattern : patterns)
    for (auto& [name, value] : desk.office.settings.matching(pattern)) found.emplace(std::move(name), std::move(value));
  std::vector<Reply> entries;
  for (const auto& [name, value] : found) {
    entries.push_back(Reply::bulk_copy(name));
    entries.push_back(Reply::bulk_copy(value));
  }
  return Reply::map(std::move(entries));
}

Reply set(Args pairs, Desk& desk) {
  std::vector<std::pair<std::string, std::string>> wanted;
  for (std::size_t i = 0; i < pairs.size(); i += 2) wanted.emplace_back(pairs[i], pairs[i + 1]);
  if (const auto error = desk.office.settings.set(wanted)) return command::error_quoting(*error);
  return Reply::ok();
}

}  // namespace

Reply config_command(Args args, Desk& desk) {
  if (args.size() < 2) return wrong_arity("config");
  const Bytes sub = args[1];
  if (same_word(sub, "get")) {
    if (args.size() < 3) return wrong_arity("config|get");
    desk.client.last_command = "config|get";
    return get(args.subspan(2), desk);
  }
  if (same_word(sub, "set")) {
    if (args.size() < 4 || args.size() % 2 != 0) return wrong_arity("config|set");
    desk.client.last_command = "config|set";
    return set(args.subspan(2), desk);
  }
  if (same_word(sub, "resetstat")) {
    if (args.size() != 2) return wrong_arity("config|resetstat");
    desk.client.last_command = "config|resetstat";
    desk.office.statistics = {};
    desk.office.commands.reset();
    desk.office.counted_from = desk.office.node.counters();
    return Reply::ok();
  }
  if (same_word(sub, "rewrite")) {
    if (args.size() != 2) return wrong_arity("config|rewrite");
    if (desk.office.facts.config_file.empty())
      return Reply::error_literal("ERR The server is running without a config file");
    return command::error_quoting(
        "ERR Rewriting config file: what CONFIG SET changed holds while this process runs; "
        "write it into " +
        desk.office.facts.config_file + " yourself");
  }
  if (same_word(sub, "help")) {
    return help_of(kHelp);
  }
  return unknown_subcommand("CONFIG", sub);
}

}  // namespace hc
