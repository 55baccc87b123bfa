// Commands about keys, whatever they hold. Those that speak of all keys speak here of one slot's; core/command/gather.h
// puts the slots together.
#include "core/command/access.h"
#include "core/command/families.h"
#include "core/command/scan_options.h"

namespace hc::command {
namespace {

// Between slots: [how many keys, one of them or nil].
Reply size_and_key(std::size_t size, Reply key) {
  std::vector<Reply> items;
  items.push_back(Reply::number(static_cast<std::int64_t>(size)));
  items.push_back(std::move(key));
  return Reply::array(std::move(items));
}

Reply count_live(Args args, Execution& x, bool erasing) {
  std::int64_t count = 0;
  for (const Bytes name : args.subspan(1)) {
    const Key key(name);
    if (!peek_live(key, x)) continue;
    ++count;
    if (!erasing) continue;
    erase(key, x);
    note(Notice::kDel, name, x);
  }
  return Reply::number(count);
}

}  // namespace

Reply touch(Args args, Execution& x) {
  std::int64_t count = 0;
  for (const Bytes name : args.subspan(1)) count += find_live(Key(name), x) ? 1 : 0;
  return Reply::number(count);
}

Reply del(Args args, Execution& x) { return count_live(args, x, true); }
Reply exists(Args args, Execution& x) { return count_live(args, x, false); }

Reply type(Args args, Execution& x) {
  const auto item = peek_live(Key(args[1]), x);
  return Reply::simple(item ? name_of(item->type()) : "none");
}

Reply keys(Args args, Execution& x) {
  erase_all_expired(x);
  const Bytes pattern = args[1];
  std::vector<Reply> found;
  const auto visit = [&](const Item& item) {
    if (is_visible(item, x) && (pattern == "*" || glob_match(pattern, item.key)))
      found.push_back(Reply::bulk(Text::borrow(item.key)));
  };
  std::uint64_t cursor = 0;
  do cursor = x.table.walk(cursor, visit);
  while (cursor != 0);
  return Reply::array(std::move(found));
}

// Between slots: [next inner cursor, [keys…]].
Reply scan(Args args, Execution& x) {
  const auto options = parse_scan(args);
  if (!options) return options.error();
  std::vector<Reply> found;
  std::vector<std::string> expired;
  std::size_t visited = 0;
  std::uint64_t cursor = options->cursor;
  const auto visit = [&](const Item& item) {
    ++visited;
    if (is_expired(item, x.now))
      expired.emplace_back(item.key);
    else if (options->wants(item))
      found.push_back(Reply::bulk(Text::borrow(item.key)));
  };
  do cursor = x.table.walk(cursor, visit);
  while (cursor != 0 && visited < options->count);
  for (const std::string& key : expired) erase_scanned(Key(key), x);

  std::vector<Reply> items;
  items.push_back(Reply::number(static_cast<std::int64_t>(cursor)));
  items.push_back(Reply::array(std::move(found)));
  return Reply::array(std::move(items));
}

Reply dbsize(Args, Execution& x) {
  erase_all_expired(x);
  return Reply::number(static_cast<std::int64_t>(count_visible(x)));
}

Reply randomkey(Args, Execution& x) {
  erase_all_expired(x);
  const std::size_t size = count_visible(x);
  auto item = size == 0 ? std::nullopt : x.table.random(x.random);
  while (item && !is_visible(*item, x)) item = x.table.random(x.random);
  return size_and_key(size, item ? Reply::bulk(Text::borrow(item->key)) : Reply::nil());
}

std::optional<Reply> check_flush(Args args) {
  if (args.size() == 1) return std::nullopt;
  if (args.size() == 2 && (same_word(args[1], "sync") || same_word(args[1], "async"))) return std::nullopt;
  return syntax_error();
}

Reply flush(Args args, Execution& x) {
  if (auto error = check_flush(args)) return *error;
  if (x.table.size() != 0) {
    if (x.effects) x.effects->clear();
    x.table.clear();
  }
  return Reply::ok();
}

}  // namespace hc::command
