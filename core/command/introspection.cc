// COMMAND and its subcommands: what the table says of the commands, in the forms that client libraries read.
//
// Tips are left empty on purpose: "request_policy:all_shards" would make a client ask every node and add up answers of
// which each covers the whole cluster already.
#include <algorithm>

#include "core/command/families.h"
#include "core/command/text.h"

namespace hc::command {
namespace {

Reply literal(Bytes text) { return Reply::bulk(Text::borrow(text)); }
Reply status(Bytes text) { return Reply::simple(text); }

Reply set_of(std::vector<Reply> items) { return Reply::of_items(Reply::Kind::kSet, std::move(items)); }

// vector's initializer list would copy each reply.
template <class... Replies>
std::vector<Reply> list(Replies... replies) {
  std::vector<Reply> items;
  items.reserve(sizeof...(replies));
  (items.push_back(std::move(replies)), ...);
  return items;
}

Reply words(Bytes text) {
  std::vector<Reply> items;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    items.push_back(status(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return set_of(std::move(items));
}

struct FlagName {
  std::uint32_t flag;
  Bytes name;
};
constexpr FlagName kFlagNames[] = {{kWrite, "write"},         {kReadonly, "readonly"}, {kDenyOom, "denyoom"},
                                   {kAdmin, "admin"},         {kNoscript, "noscript"}, {kLoading, "loading"},
                                   {kStale, "stale"},         {kFast, "fast"},         {kNoAuth, "no_auth"},
                                   {kAllowBusy, "allow_busy"}};

Reply flags_of(const CommandSpec& spec) {
  std::vector<Reply> items;
  for (const FlagName& f : kFlagNames)
    if (spec.flags & f.flag) items.push_back(status(f.name));
  return set_of(std::move(items));
}

std::vector<Bytes> categories_of(const CommandSpec& spec) {
  std::vector<Bytes> names;
  const auto add_if = [&](bool condition, Bytes name) {
    if (condition) names.push_back(name);
  };
  add_if(spec.category == "keyspace", "@keyspace");
  add_if((spec.flags & kReadonly) != 0, "@read");
  add_if(spec.writes(), "@write");
  add_if(spec.category == "string", "@string");
  add_if(spec.category == "bitmap", "@bitmap");
  add_if(spec.category == "cuckoo", "@cuckoo");
  add_if((spec.flags & kAdmin) != 0, "@admin");
  add_if((spec.flags & kFast) != 0, "@fast");
  add_if((spec.flags & kFast) == 0, "@slow");
  add_if((spec.flags & (kDangerous | kAdmin)) != 0, "@dangerous");
  add_if(spec.category == "connection", "@connection");
  add_if(spec.category == "pubsub", "@pubsub");
  return names;
}

Reply key_specs(const CommandSpec& spec) {
  if (spec.first_key == 0) return set_of({});
  const int last_from_first = spec.last_key < 0 ? spec.last_key : spec.last_key - spec.first_key;
  Reply begin = Reply::map(list(literal("type"), literal("index"), literal("spec"),
                                Reply::map(list(literal("index"), Reply::number(spec.first_key)))));
  Reply range = Reply::map(list(literal("lastkey"), Reply::number(last_from_first), literal("keystep"),
                                Reply::number(spec.key_step), literal("limit"), Reply::number(0)));
  Reply find = Reply::map(list(literal("type"), literal("range"), literal("spec"), std::move(range)));
  return set_of(list(Reply::map(list(literal("flags"), words(spec.key_flags), literal("begin_search"), std::move(begin),
                                     literal("find_keys"), std::move(find)))));
}

Reply info_of(const CommandSpec& spec) {
  std::vector<Reply> categories;
  for (const Bytes name : categories_of(spec)) categories.push_back(status(name));
  return Reply::array(list(literal(spec.name), Reply::number(spec.arity), flags_of(spec), Reply::number(spec.first_key),
                           Reply::number(spec.last_key), Reply::number(spec.key_step), set_of(std::move(categories)),
                           set_of({}), key_specs(spec), set_of({})));
}

Reply info(Args names) {
  std::vector<Reply> items;
  if (names.empty())
    for (const CommandSpec& spec : all_commands()) items.push_back(info_of(spec));
  for (const Bytes name : names) {
    const CommandSpec* spec = find_command(name);
    items.push_back(spec ? info_of(*spec) : Reply::nil());
  }
  return Reply::array(std::move(items));
}

void add_docs(const CommandSpec& spec, std::vector<Reply>& items) {
  items.push_back(literal(spec.name));
  items.push_back(
      Reply::map(list(literal("summary"), literal(spec.summary), literal("since"), literal(spec.since),
                      literal("group"), literal(spec.group), literal("complexity"), literal(spec.complexity))));
}

Reply docs(Args names) {
  std::vector<Reply> items;
  if (names.empty())
    for (const CommandSpec& spec : all_commands()) add_docs(spec, items);
  for (const Bytes name : names)
    if (const CommandSpec* spec = find_command(name)) add_docs(*spec, items);
  return Reply::map(std::move(items));
}

// LIST [FILTERBY MODULE name | ACLCAT category | PATTERN glob]
Reply list_names(Args words_after) {
  std::string wanted;
  Bytes by;
  if (words_after.size() == 3 && same_word(words_after[0], "filterby")) {
    by = words_after[1];
    wanted = lower_case(words_after[2]);
    if (!same_word(by, "module") && !same_word(by, "aclcat") && !same_word(by, "pattern")) return syntax_error();
  } else if (!words_after.empty()) {
    return syntax_error();
  }
  std::vector<Reply> names;
  for (const CommandSpec& spec : all_commands()) {
    bool take = by.empty();  // MODULE: none of ours is of a module
    if (same_word(by, "pattern")) take = glob_match(wanted, spec.name);
    if (same_word(by, "aclcat"))
      for (const Bytes category : categories_of(spec)) take |= category.substr(1) == wanted;
    if (take) names.push_back(literal(spec.name));
  }
  return Reply::array(std::move(names));
}

// GETKEYS and GETKEYSANDFLAGS: the keys of a whole command.
Reply keys_of(Args command, bool with_flags) {
  const CommandSpec* spec = find_command(command[0]);
  if (!spec) return Reply::error_literal("ERR Invalid command specified");
  if (spec->first_key == 0) return Reply::error_literal("ERR The command has no key arguments");
  if (refuse(spec, command)) return Reply::error_literal("ERR Invalid number of arguments specified for command");
  std::vector<Reply> keys;
  for_each_key(*spec, command, [&](Bytes key) {
    Reply name = Reply::bulk(Text::borrow(key));
    keys.push_back(with_flags ? Reply::array(list(std::move(name), words(spec->key_flags))) : std::move(name));
  });
  return Reply::array(std::move(keys));
}

Reply help() {
  static constexpr Bytes kLines[] = {"COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                                     "(no subcommand)",
                                     "    Describe every command.",
                                     "COUNT",
                                     "    How many commands there are.",
                                     "DOCS [<command-name> ...]",
                                     "    What the commands are for; every one if none is named.",
                                     "GETKEYS <full-command>",
                                     "    The keys that a command names.",
                                     "GETKEYSANDFLAGS <full-command>",
                                     "    The keys that a command names, and what it does to them.",
                                     "INFO [<command-name> ...]",
                                     "    Arity, flags and key positions of commands; of every one if none is named.",
                                     "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                                     "    The names of the commands.",
                                     "HELP",
                                     "    Print this help."};
  return help_of(kLines);
}

struct Subcommand {
  Bytes name, full_name;
  int arity;  // with COMMAND and the subcommand's name
  Reply (*run)(Args rest);
};
constexpr Subcommand kSubcommands[] = {
    {"count", "command|count", 2, [](Args) { return Reply::number(static_cast<std::int64_t>(all_commands().size())); }},
    {"docs", "command|docs", -2, docs},
    {"getkeys", "command|getkeys", -4, [](Args rest) { return keys_of(rest, false); }},
    {"getkeysandflags", "command|getkeysandflags", -4, [](Args rest) { return keys_of(rest, true); }},
    {"help", "command|help", 2, [](Args) { return help(); }},
    {"info", "command|info", -2, info},
    {"list", "command|list", -2, list_names}};

}  // namespace

Reply describe_commands(Args args) {
  if (args.size() == 1) return info({});
  for (const Subcommand& sub : kSubcommands) {
    if (!same_word(args[1], sub.name)) continue;
    const auto count = static_cast<int>(args.size());
    const bool fits = sub.arity >= 0 ? count == sub.arity : count >= -sub.arity;
    return fits ? sub.run(args.subspan(2)) : wrong_arity(sub.full_name);
  }
  return unknown_subcommand("COMMAND", args[1]);
}

}  // namespace hc::command
