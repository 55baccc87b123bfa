// Commands that read and write values as a whole.
#include "core/command/access.h"
#include "core/command/families.h"
#include "core/command/set_options.h"

namespace hc::command {
namespace {

constexpr Bytes kSet = "set", kSetex = "setex", kPsetex = "psetex", kGetex = "getex";

// Nil also for what is no string.
Reply bulk_or_nil(const std::optional<Item>& item) {
  return item && !item->object ? Reply::bulk(Text::borrow(item->value)) : Reply::nil();
}

Reply set_for(Args args, TimeForm form, Bytes command, Execution& x) {
  const auto expiry = parse_expiry(args[2], form, x.now, command);
  if (!expiry) return expiry.error();
  put(Key(args[1]), args[3], *expiry, x);
  note(Notice::kSet, args[1], x);
  note(Notice::kExpire, args[1], x);
  return Reply::ok();
}

Reply set_with_options(Args args, Execution& x) {
  const auto options = parse_set_options(args.subspan(3), OptionsOf::kSet);
  if (!options) return options.error();
  WallTime expiry = kNoExpiry;
  if (options->form != TimeForm::kNone) {
    const auto parsed = parse_expiry(options->time, options->form, x.now, kSet);
    if (!parsed) return parsed.error();
    expiry = *parsed;
  }
  const Key key(args[1]);
  const auto old = find_live(key, x);
  if (options->get && is_other_than_string(old)) return wrong_type();
  Reply reply = !options->get ? Reply::ok() : old ? Reply::bulk_copy(old->value) : Reply::nil();
  if (old ? options->only_if_missing : options->only_if_there) return options->get ? reply : Reply::nil();
  if (options->keep_ttl && old) expiry = old->expiry;
  put(key, args[2], expiry, x);
  note(Notice::kSet, key.name, x);
  if (options->form != TimeForm::kNone) note(Notice::kExpire, key.name, x);
  return reply;
}

// Keys and values in turn, behind the name.
void put_all(Args args, Execution& x) {
  for (std::size_t i = 1; i < args.size(); i += 2) {
    put(Key(args[i]), args[i + 1], kNoExpiry, x);
    note(Notice::kSet, args[i], x);
  }
}

}  // namespace

Reply get(Args args, Execution& x) {
  const auto item = find_live(Key(args[1]), x);
  if (is_other_than_string(item)) [[unlikely]]
    return wrong_type();
  return bulk_or_nil(item);
}

Reply set(Args args, Execution& x) {
  if (args.size() > 3) return set_with_options(args, x);
  put(Key(args[1]), args[2], kNoExpiry, x);
  note(Notice::kSet, args[1], x);
  return Reply::ok();
}

Reply setnx(Args args, Execution& x) {
  const Key key(args[1]);
  if (find_live(key, x)) return Reply::number(0);
  put(key, args[2], kNoExpiry, x);
  note(Notice::kSet, key.name, x);
  return Reply::number(1);
}

Reply setex(Args args, Execution& x) { return set_for(args, TimeForm::kSeconds, kSetex, x); }
Reply psetex(Args args, Execution& x) { return set_for(args, TimeForm::kMillis, kPsetex, x); }

Reply getset(Args args, Execution& x) {
  const Key key(args[1]);
  const auto old = find_live(key, x);
  if (is_other_than_string(old)) return wrong_type();
  if (!old) note(Notice::kKeyMiss, key.name, x);
  Reply reply = bulk_or_nil(old);
  reply.own();
  put(key, args[2], kNoExpiry, x);
  note(Notice::kSet, key.name, x);
  return reply;
}

Reply getdel(Args args, Execution& x) {
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  if (!item) note(Notice::kKeyMiss, key.name, x);
  Reply reply = bulk_or_nil(item);
  reply.own();
  if (item) {
    erase(key, x);
    note(Notice::kDel, key.name, x);
  }
  return reply;
}

Reply getex(Args args, Execution& x) {
  const auto options = parse_set_options(args.subspan(2), OptionsOf::kGetex);
  if (!options) return options.error();
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (!item) note(Notice::kKeyMiss, key.name, x);
  if (!item) return Reply::nil();
  if (is_other_than_string(item)) return wrong_type();
  if (options->form == TimeForm::kNone && !(options->persist && item->expiry != kNoExpiry)) return bulk_or_nil(item);

  WallTime expiry = kNoExpiry;
  if (options->form != TimeForm::kNone) {
    const auto parsed = parse_expiry(options->time, options->form, x.now, kGetex);
    if (!parsed) return parsed.error();
    expiry = *parsed;
  }
  Reply reply = Reply::bulk_copy(item->value);
  const bool ends = expiry != kNoExpiry && expiry <= x.now;
  if (ends)
    erase(key, x);
  else
    set_expiry(key, expiry, x);
  note(ends ? Notice::kDel : expiry == kNoExpiry ? Notice::kPersist : Notice::kExpire, key.name, x);
  return reply;
}

Reply mget(Args args, Execution& x) {
  std::vector<Reply> values;
  values.reserve(args.size() - 1);
  for (const Bytes name : args.subspan(1)) values.push_back(bulk_or_nil(find_live(Key(name), x)));
  return Reply::array(std::move(values));
}

Reply msetnx(Args args, Execution& x) {
  if (args.size() % 2 == 0) return wrong_arity("msetnx");
  for (std::size_t i = 1; i < args.size(); i += 2)
    if (peek_live(Key(args[i]), x)) return Reply::number(0);
  put_all(args, x);
  return Reply::number(1);
}

Reply mset(Args args, Execution& x) {
  if (args.size() % 2 == 0) return wrong_arity("mset");
  put_all(args, x);
  return Reply::ok();
}

}  // namespace hc::command
