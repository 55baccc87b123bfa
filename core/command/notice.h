// What may be told of keys: Redis' keyspace notifications, by name and class. Which classes are wanted is a set of
// flags; notify-keyspace-events says them as letters.
//
// Commands note what they did while they run; whoever runs them tells it when it is committed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

// A flag for each letter, in this order. K and E choose the channels, the others the classes; A stands for kOfA.
inline constexpr std::string_view kNoticeLetters = "KEg$lshzxetdmn";
constexpr std::uint32_t notice_flag(char letter) { return 1U << kNoticeLetters.find(letter); }
constexpr std::uint32_t notice_flags(std::string_view letters) {
  std::uint32_t flags = 0;
  for (const char letter : letters) flags |= notice_flag(letter);
  return flags;
}
inline constexpr std::uint32_t kNoticesOfA = notice_flags("g$lshzxetd");

// nullopt: an unknown letter.
constexpr std::optional<std::uint32_t> parse_notices(std::string_view letters) {
  std::uint32_t flags = 0;
  for (const char letter : letters) {
    if (letter != 'A' && kNoticeLetters.find(letter) == std::string_view::npos) return std::nullopt;
    flags |= letter == 'A' ? kNoticesOfA : notice_flag(letter);
  }
  return flags;
}
// As CONFIG GET shows them.
inline std::string letters_of(std::uint32_t flags) {
  std::string out;
  const bool all = (flags & kNoticesOfA) == kNoticesOfA;
  if (all) out = "A";
  for (const char letter : std::string_view("g$lshzxetdn"))
    if ((flags & notice_flag(letter)) != 0 && !(all && letter != 'n')) out += letter;
  for (const char letter : std::string_view("KEm"))
    if ((flags & notice_flag(letter)) != 0) out += letter;
  return out;
}

enum class Notice : std::uint8_t {
  kSet,
  kDel,
  kExpire,
  kPersist,
  kExpired,
  kEvicted,
  kIncrBy,
  kIncrByFloat,
  kAppend,
  kSetRange,
  kSetBit,
  kRenameFrom,
  kRenameTo,
  kCopyTo,
  kNew,
  kKeyMiss,
  kRestore,
};
struct NoticeInfo {
  std::string_view name;
  std::uint32_t of_class;
};
inline constexpr NoticeInfo kNoticeInfo[] = {
    {"set", notice_flag('$')},       {"del", notice_flag('g')},         {"expire", notice_flag('g')},
    {"persist", notice_flag('g')},   {"expired", notice_flag('x')},     {"evicted", notice_flag('e')},
    {"incrby", notice_flag('$')},    {"incrbyfloat", notice_flag('$')}, {"append", notice_flag('$')},
    {"setrange", notice_flag('$')},  {"setbit", notice_flag('$')},      {"rename_from", notice_flag('g')},
    {"rename_to", notice_flag('g')}, {"copy_to", notice_flag('g')},     {"new", notice_flag('n')},
    {"keymiss", notice_flag('m')},   {"restore", notice_flag('g')}};
constexpr const NoticeInfo& info_of(Notice what) { return kNoticeInfo[static_cast<std::size_t>(what)]; }

struct Noticed {
  Notice what{};
  std::string key;
};

// Gathers those of the wanted classes.
class NoticeWriter {
 public:
  explicit NoticeWriter(std::uint32_t wanted) : wanted_(wanted) {}
  bool wants(Notice what) const { return (wanted_ & info_of(what).of_class) != 0; }
  void add(Notice what, Bytes key) {
    if (wants(what)) list_.push_back({what, std::string(key)});
  }
  std::vector<Noticed> take() { return std::exchange(list_, {}); }

 private:
  std::uint32_t wanted_;
  std::vector<Noticed> list_;
};

}  // namespace hc
