// The table of all commands, and finding one in it by name.
//
// Finding: a name of at most 16 letters is two words; a multiplier that sends every name of the table to a place of its
// own was found by the compiler. So a look-up is one multiplication and one comparison.
#include <array>
#include <bit>
#include <cstring>

#include "core/command/command.h"
#include "core/command/families.h"
#include "core/command/text.h"

namespace hc {
namespace {

// name, arity, flags, first key, last key, step, route, function, key flags, category, group, since, summary,
// complexity
constexpr CommandSpec kCommands[] = {
    {"get", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::get, "RO access", "string", "string", "1.0.0",
     "Returns the value of a key", "O(1)"},
    {"set", -3, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::set, "RW access update variable_flags", "string",
     "string", "1.0.0", "Sets a key to a value, with conditions and a time to live if asked", "O(1)"},
    {"getset", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::getset, "RW access update", "string",
     "string", "1.0.0", "Sets a key and returns the value before", "O(1)"},
    {"getdel", 2, kWrite | kFast, 1, 1, 1, Route::kKeys, command::getdel, "RW access delete", "string", "string",
     "6.2.0", "Returns the value of a key and deletes it", "O(1)"},
    {"getex", -2, kWrite | kFast, 1, 1, 1, Route::kKeys, command::getex, "RW access update", "string", "string",
     "6.2.0", "Returns the value of a key and sets or clears its time to live", "O(1)"},
    {"setnx", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::setnx, "OW insert", "string", "string",
     "1.0.0", "Sets a key that does not exist", "O(1)"},
    {"setex", 4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::setex, "OW update", "string", "string", "2.0.0",
     "Sets a key with a time to live in seconds", "O(1)"},
    {"psetex", 4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::psetex, "OW update", "string", "string", "2.6.0",
     "Sets a key with a time to live in milliseconds", "O(1)"},
    {"mget", -2, kReadonly | kFast | kSplits, 1, -1, 1, Route::kKeys, command::mget, "RO access", "string", "string",
     "1.0.0", "Returns the values of several keys", "O(N) for N keys"},
    {"mset", -3, kWrite | kDenyOom | kSplits, 1, -1, 2, Route::kKeys, command::mset, "OW update", "string", "string",
     "1.0.1", "Sets several keys; atomic for those of one slot", "O(N) for N keys"},
    {"msetnx", -3, kWrite | kDenyOom, 1, -1, 2, Route::kKeys, command::msetnx, "OW insert", "string", "string", "1.0.1",
     "Sets several keys of one slot if none of them exists", "O(N) for N keys"},
    {"incr", 2, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::incr, "RW access update", "string", "string",
     "1.0.0", "Adds one to an integer value", "O(1)"},
    {"decr", 2, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::decr, "RW access update", "string", "string",
     "1.0.0", "Takes one from an integer value", "O(1)"},
    {"incrby", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::incrby, "RW access update", "string",
     "string", "1.0.0", "Adds to an integer value", "O(1)"},
    {"decrby", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::decrby, "RW access update", "string",
     "string", "1.0.0", "Takes from an integer value", "O(1)"},
    {"incrbyfloat", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::incrbyfloat, "RW access update",
     "string", "string", "2.6.0", "Adds to a decimal value", "O(1)"},
    {"append", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::append, "RW insert", "string", "string",
     "2.0.0", "Appends to a value", "O(N) for N bytes appended"},
    {"strlen", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::strlen, "RO", "string", "string", "2.2.0",
     "Returns the length of a value", "O(1)"},
    {"getrange", 4, kReadonly, 1, 1, 1, Route::kKeys, command::getrange, "RO access", "string", "string", "2.4.0",
     "Returns a part of a value", "O(N) for N bytes returned"},
    {"substr", 4, kReadonly, 1, 1, 1, Route::kKeys, command::getrange, "RO access", "string", "string", "1.0.0",
     "Returns a part of a value; the old name of GETRANGE", "O(N) for N bytes returned"},
    {"setrange", 4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::setrange, "RW update", "string", "string",
     "2.2.0", "Overwrites a part of a value", "O(N) for N bytes written"},
    {"getbit", 3, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::getbit, "RO access", "bitmap", "bitmap", "2.2.0",
     "Returns a bit of a value", "O(1)"},
    {"setbit", 4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::setbit, "RW access update", "bitmap", "bitmap",
     "2.2.0", "Sets or clears a bit of a value", "O(1)"},
    {"lcs", -3, kReadonly, 1, 2, 1, Route::kKeys, command::lcs, "RO access", "string", "string", "7.0.0",
     "Finds the longest common subsequence of two values of one slot", "O(N*M) for N and M bytes"},
    {"cf.reserve", -3, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::cf_reserve, "OW insert", "cuckoo", "cf",
     "1.0.0", "Begins a cuckoo filter for so many items", "O(1)"},
    {"cf.add", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::cf_add, "RW insert", "cuckoo", "cf",
     "1.0.0", "Adds an item to a cuckoo filter, once more", "O(k) for k tables"},
    {"cf.addnx", 3, kWrite | kDenyOom | kFast, 1, 1, 1, Route::kKeys, command::cf_addnx, "RW insert", "cuckoo", "cf",
     "1.0.0", "Adds an item to a cuckoo filter unless it seems to be there", "O(k) for k tables"},
    {"cf.insert", -4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::cf_insert, "RW insert", "cuckoo", "cf",
     "1.0.0", "Adds items to a cuckoo filter", "O(N) for N items"},
    {"cf.insertnx", -4, kWrite | kDenyOom, 1, 1, 1, Route::kKeys, command::cf_insertnx, "RW insert", "cuckoo", "cf",
     "1.0.0", "Adds items to a cuckoo filter unless they seem to be there", "O(N) for N items"},
    {"cf.exists", 3, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::cf_exists, "RO access", "cuckoo", "cf", "1.0.0",
     "Tells whether an item may be in a cuckoo filter", "O(k) for k tables"},
    {"cf.mexists", -3, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::cf_mexists, "RO access", "cuckoo", "cf",
     "1.0.0", "Tells which items may be in a cuckoo filter", "O(N) for N items"},
    {"cf.del", 3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::cf_del, "RW delete", "cuckoo", "cf", "1.0.0",
     "Takes an item that was added out of a cuckoo filter, once", "O(k) for k tables"},
    {"cf.count", 3, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::cf_count, "RO access", "cuckoo", "cf", "1.0.0",
     "Counts how often an item may be in a cuckoo filter", "O(k) for k tables"},
    {"cf.info", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::cf_info, "RO", "cuckoo", "cf", "1.0.0",
     "Tells of a cuckoo filter", "O(1)"},
    {"filter.check", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::filter_check, "RO", "keyspace", "generic",
     "0.1.0", "Tells what the filter over the keys says of a key, and whether it is there", "O(1)"},
    {"del", -2, kWrite | kSplits, 1, -1, 1, Route::kKeys, command::del, "RM delete", "keyspace", "generic", "1.0.0",
     "Deletes keys", "O(N) for N keys"},
    {"unlink", -2, kWrite | kFast | kSplits, 1, -1, 1, Route::kKeys, command::del, "RM delete", "keyspace", "generic",
     "4.0.0", "Deletes keys", "O(N) for N keys"},
    {"exists", -2, kReadonly | kFast | kSplits, 1, -1, 1, Route::kKeys, command::exists, "RO", "keyspace", "generic",
     "1.0.0", "Counts how many of the keys exist", "O(N) for N keys"},
    {"touch", -2, kReadonly | kFast | kSplits, 1, -1, 1, Route::kKeys, command::touch, "RO", "keyspace", "generic",
     "3.2.1", "Counts how many of the keys exist, which are used by it", "O(N) for N keys"},
    {"rename", 3, kWrite, 1, 2, 1, Route::kKeys, command::rename, "RW access delete", "keyspace", "generic", "1.0.0",
     "Gives a value another key of the same slot, whatever was there", "O(N) for N bytes"},
    {"renamenx", 3, kWrite | kFast, 1, 2, 1, Route::kKeys, command::renamenx, "RW access delete", "keyspace", "generic",
     "1.0.0", "Gives a value another key of the same slot that does not exist", "O(N) for N bytes"},
    {"copy", -3, kWrite | kDenyOom, 1, 2, 1, Route::kKeys, command::copy, "RO access", "keyspace", "generic", "6.2.0",
     "Copies a value to another key of the same slot", "O(N) for N bytes"},
    {"dump", 2, kReadonly, 1, 1, 1, Route::kKeys, command::dump, "RO access", "keyspace", "generic", "2.6.0",
     "Gives a value as bytes for RESTORE", "O(N) for N bytes"},
    {"restore", -4, kWrite | kDenyOom | kDangerous, 1, 1, 1, Route::kKeys, command::restore, "OW update", "keyspace",
     "generic", "2.6.0", "Gives a key the value that DUMP gave", "O(N) for N bytes"},
    {"move", 3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::move, "RW access delete", "keyspace", "generic",
     "1.0.0", "There is one data base: refuses", "O(1)"},
    {"memory", -2, kReadonly, 2, 2, 1, Route::kKeys, command::memory, "RO", "keyspace", "server", "4.0.0",
     "Tells how much memory a key takes", "O(1)"},
    {"object", -2, kReadonly, 2, 2, 1, Route::kKeys, command::object, "RO", "keyspace", "generic", "2.2.3",
     "Tells what is known of a key beside its value", "O(1)"},
    {"type", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::type, "RO", "keyspace", "generic", "1.0.0",
     "Returns the type of a key's value", "O(1)"},
    {"expire", -3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::expire, "RW update", "keyspace", "generic", "1.0.0",
     "Sets a time to live in seconds", "O(1)"},
    {"pexpire", -3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::pexpire, "RW update", "keyspace", "generic",
     "2.6.0", "Sets a time to live in milliseconds", "O(1)"},
    {"expireat", -3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::expireat, "RW update", "keyspace", "generic",
     "1.2.0", "Sets the end of a key in seconds since 1970", "O(1)"},
    {"pexpireat", -3, kWrite | kFast, 1, 1, 1, Route::kKeys, command::pexpireat, "RW update", "keyspace", "generic",
     "2.6.0", "Sets the end of a key in milliseconds since 1970", "O(1)"},
    {"ttl", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::ttl, "RO access", "keyspace", "generic", "1.0.0",
     "Returns how many seconds a key has left", "O(1)"},
    {"pttl", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::pttl, "RO access", "keyspace", "generic", "2.6.0",
     "Returns how many milliseconds a key has left", "O(1)"},
    {"expiretime", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::expiretime, "RO access", "keyspace", "generic",
     "7.0.0", "Returns when a key ends, in seconds since 1970", "O(1)"},
    {"pexpiretime", 2, kReadonly | kFast, 1, 1, 1, Route::kKeys, command::pexpiretime, "RO access", "keyspace",
     "generic", "7.0.0", "Returns when a key ends, in milliseconds since 1970", "O(1)"},
    {"persist", 2, kWrite | kFast, 1, 1, 1, Route::kKeys, command::persist, "RW update", "keyspace", "generic", "2.2.0",
     "Takes a key's time to live away", "O(1)"},
    {"keys", 2, kReadonly | kDangerous, 0, 0, 0, Route::kEverySlot, command::keys, "", "keyspace", "generic", "1.0.0",
     "Returns all keys that match a pattern", "O(N) for N keys in the store"},
    {"dbsize", 1, kReadonly | kFast, 0, 0, 0, Route::kEverySlot, command::dbsize, "", "keyspace", "server", "1.0.0",
     "Counts the keys", "O(1) per slot"},
    {"randomkey", 1, kReadonly, 0, 0, 0, Route::kEverySlot, command::randomkey, "", "keyspace", "generic", "1.0.0",
     "Returns one key by chance", "O(1) per slot"},
    {"flushall", -1, kWrite | kDangerous, 0, 0, 0, Route::kEverySlot, command::flush, "", "keyspace", "server", "1.0.0",
     "Deletes all keys", "O(N) for N keys in the store"},
    {"flushdb", -1, kWrite | kDangerous, 0, 0, 0, Route::kEverySlot, command::flush, "", "keyspace", "server", "1.0.0",
     "Deletes all keys", "O(N) for N keys in the store"},
    {"scan", -2, kReadonly, 0, 0, 0, Route::kScan, command::scan, "", "keyspace", "generic", "2.8.0",
     "Walks over the keys, a few at a time", "O(1) a call, O(N) for a whole walk"},
    {"ping", -1, kFast, 0, 0, 0, Route::kNode, nullptr, "", "connection", "connection", "1.0.0",
     "Answers PONG, or what it was given", "O(1)"},
    {"echo", 2, kLoading | kStale | kFast, 0, 0, 0, Route::kNode, nullptr, "", "connection", "connection", "1.0.0",
     "Answers what it was given", "O(1)"},
    {"time", 1, kLoading | kStale | kFast, 0, 0, 0, Route::kNode, nullptr, "", "", "server", "2.6.0",
     "Returns the node's wall clock", "O(1)"},
    {"command", -1, kLoading | kStale, 0, 0, 0, Route::kNode, nullptr, "", "connection", "server", "2.8.13",
     "Describes the commands", "O(N) for N commands"},
    {"publish", 3, kLoading | kStale | kFast, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.0.0",
     "Says something on a channel, to all who listen at any member", "O(N+M) for N listeners and M patterns"},
    {"spublish", 3, kLoading | kStale | kFast, 1, 1, 1, Route::kBus, nullptr, "not_key", "pubsub", "pubsub", "7.0.0",
     "Says something on a sharded channel, to all who listen at any member", "O(N) for N listeners"},
    {"subscribe", -2, kNoscript | kLoading | kStale, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.0.0",
     "Listens to channels", "O(N) for N channels"},
    {"unsubscribe", -1, kNoscript | kLoading | kStale, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.0.0",
     "Listens to channels no longer; to none, if none is named", "O(N) for N channels"},
    {"psubscribe", -2, kNoscript | kLoading | kStale, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.0.0",
     "Listens to all channels that match patterns", "O(N) for N patterns"},
    {"punsubscribe", -1, kNoscript | kLoading | kStale, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.0.0",
     "Listens to patterns no longer; to none, if none is named", "O(N) for N patterns"},
    {"ssubscribe", -2, kNoscript | kLoading | kStale, 1, -1, 1, Route::kBus, nullptr, "not_key", "pubsub", "pubsub",
     "7.0.0", "Listens to sharded channels", "O(N) for N channels"},
    {"sunsubscribe", -1, kNoscript | kLoading | kStale, 1, -1, 1, Route::kBus, nullptr, "not_key", "pubsub", "pubsub",
     "7.0.0", "Listens to sharded channels no longer; to none, if none is named", "O(N) for N channels"},
    {"pubsub", -2, kLoading | kStale, 0, 0, 0, Route::kBus, nullptr, "", "pubsub", "pubsub", "2.8.0",
     "Tells what is listened to, at all members", "Depends on the subcommand"},
    {"hello", -1, kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy, 0, 0, 0, Route::kConnection, nullptr,
     "", "connection", "connection", "6.0.0", "Greets the server and chooses the protocol", "O(1)"},
    {"auth", -2, kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy, 0, 0, 0, Route::kConnection, nullptr, "",
     "connection", "connection", "1.0.0", "Says who the client is; no password is asked for here", "O(1)"},
    {"quit", -1, kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy, 0, 0, 0, Route::kConnection, nullptr, "",
     "connection", "connection", "1.0.0", "Closes the connection", "O(1)"},
    {"reset", 1, kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy, 0, 0, 0, Route::kConnection, nullptr, "",
     "connection", "connection", "6.2.0", "Makes the connection as new", "O(1)"},
    {"select", 2, kLoading | kStale | kFast, 0, 0, 0, Route::kConnection, nullptr, "", "connection", "connection",
     "1.0.0", "Chooses the database; there is only 0", "O(1)"},
    {"client", -2, 0, 0, 0, 0, Route::kConnection, nullptr, "", "", "connection", "2.4.0",
     "Tells of and steers client connections", "Depends on the subcommand"},
    {"config", -2, 0, 0, 0, 0, Route::kConnection, nullptr, "", "", "server", "2.0.0",
     "Tells of and sets configuration", "Depends on the subcommand"},
    {"cluster", -2, kLoading | kStale, 0, 0, 0, Route::kConnection, nullptr, "", "", "cluster", "3.0.0",
     "Tells of the members and of the slots that they hold", "Depends on the subcommand"},
    {"asking", 1, kFast, 0, 0, 0, Route::kConnection, nullptr, "", "connection", "cluster", "3.0.0",
     "Accepted; slots move without a gap here", "O(1)"},
    {"readonly", 1, kLoading | kStale | kFast, 0, 0, 0, Route::kConnection, nullptr, "", "connection", "cluster",
     "3.0.0", "Lets the connection read from members that do not lead the slot", "O(1)"},
    {"readwrite", 1, kLoading | kStale | kFast, 0, 0, 0, Route::kConnection, nullptr, "", "connection", "cluster",
     "3.0.0", "Ends READONLY", "O(1)"},
    {"info", -1, kLoading | kStale | kDangerous, 0, 0, 0, Route::kConnection, nullptr, "", "", "server", "1.0.0",
     "Returns facts and counts of the server", "O(1)"},
    {"slowlog", -2, kLoading | kStale, 0, 0, 0, Route::kConnection, nullptr, "", "", "server", "2.2.12",
     "Tells of commands that kept the node for long", "O(N) for N entries"},
    {"save", 1, kAdmin | kNoscript, 0, 0, 0, Route::kLog, nullptr, "", "", "server", "1.0.0",
     "Writes a snapshot into the log of this node, and answers when it is durable", "O(N) for N keys"},
    {"bgsave", -1, kAdmin | kNoscript, 0, 0, 0, Route::kConnection, nullptr, "", "", "server", "1.0.0",
     "Writes a snapshot into the log of this node", "O(1)"},
    {"bgrewriteaof", 1, kAdmin | kNoscript, 0, 0, 0, Route::kConnection, nullptr, "", "", "server", "1.0.0",
     "Writes a snapshot into the log of this node", "O(1)"},
    {"lastsave", 1, kLoading | kStale | kFast, 0, 0, 0, Route::kConnection, nullptr, "", "admin dangerous", "server",
     "1.0.0", "Returns when the last snapshot of this node was durable", "O(1)"},
};

constexpr std::size_t kNameMax = 16;
constexpr unsigned kIndexBits = 12;

struct Name {
  std::uint64_t head = 0, tail = 0;  // lower case, zeroes behind
  constexpr bool operator==(const Name&) const = default;
};

// Setting bit 5 makes capitals small; no other byte becomes a letter by it, so nothing is taken for a name wrongly.
constexpr std::uint64_t kSmall = 0x2020202020202020ULL;

constexpr Name name_of_spec(std::string_view text) {
  Name name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint64_t& word = i < 8 ? name.head : name.tail;
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (i % 8 * 8);
  }
  return name;
}

std::uint64_t load32(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap32(v);
  return v;
}

// 1 to 8 bytes as one word, by loads that may overlap and then agree: no loop, no call.
std::uint64_t small_letters(const char* p, std::size_t n) {
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])} << (i * 8); };
  const std::uint64_t word =
      n >= 4 ? load32(p) | load32(p + n - 4) << ((n - 4) * 8) : byte(0) | byte(n / 2) | byte(n - 1);
  return word | (kSmall >> (64 - n * 8));
}

// Requires: 1 to kNameMax bytes.
Name name_of_text(Bytes text) {
  if (text.size() <= 8) return {small_letters(text.data(), text.size()), 0};
  return {small_letters(text.data(), 8), small_letters(text.data() + 8, text.size() - 8)};
}

constexpr std::size_t index_of(const Name& name, std::uint64_t multiplier) {
  return static_cast<std::size_t>(((name.head ^ std::rotl(name.tail, 29)) * multiplier) >> (64 - kIndexBits));
}

struct Index {
  std::uint64_t multiplier = 0;
  std::array<std::uint8_t, std::size_t{1} << kIndexBits> place{};  // 1 + index of the command; 0: none
};

constexpr bool fill(Index& index) {
  index.place.fill(0);
  for (std::size_t i = 0; i < std::size(kCommands); ++i) {
    std::uint8_t& place = index.place[index_of(name_of_spec(kCommands[i].name), index.multiplier)];
    if (place != 0) return false;
    place = static_cast<std::uint8_t>(i + 1);
  }
  return true;
}

constexpr Index make_index() {
  Index index;
  Random random(7);
  do index.multiplier = random.next() | 1;
  while (!fill(index));
  return index;
}

constexpr std::array<Name, std::size(kCommands)> make_names() {
  std::array<Name, std::size(kCommands)> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of_spec(kCommands[i].name);
  return names;
}

static_assert(std::size(kCommands) < 255);
constexpr Index kIndex = make_index();
constexpr auto kNames = make_names();

}  // namespace

const CommandSpec* find_command(Bytes name) {
  if (name.empty() || name.size() > kNameMax) return nullptr;
  const Name wanted = name_of_text(name);
  const std::size_t place = kIndex.place[index_of(wanted, kIndex.multiplier)];
  if (place == 0 || kNames[place - 1] != wanted) return nullptr;
  return &kCommands[place - 1];
}

std::span<const CommandSpec> all_commands() { return kCommands; }

}  // namespace hc
