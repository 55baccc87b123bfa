#include "io/resp.h"

#include <cstring>
#include <limits>
#include <optional>

namespace hc {
namespace {

constexpr std::size_t kArgsKept = 4096;  // room for so many arguments is kept between commands
constexpr std::int64_t kArgsUsual = 64;
constexpr std::size_t kStorageKept = std::size_t{64} * 1024;
constexpr std::ptrdiff_t kUsualDigits = 9;  // in a number that always fits

// Redis' string2ll: one form for each number, nothing around it.
std::optional<std::int64_t> strict_number(Bytes text) {
  if (text == "0") return 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text[0] < '1' || text[0] > '9' || text.size() > 19) return std::nullopt;
  std::uint64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits fit
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (n > kMax + (negative ? 1U : 0U)) return std::nullopt;
  return negative ? static_cast<std::int64_t>(~n + 1) : static_cast<std::int64_t>(n);
}

// The usual case of a header line, "<type><digits>\r\n" with few digits and no leading zero, at `at`; what is behind
// it. nullptr: anything else, incomplete ones too.
inline const char* usual_header(const char* at, const char* end, char type, std::int64_t& number) {
  if (end - at < 4 || *at != type) return nullptr;
  const auto first = static_cast<unsigned>(at[1] - '0');
  if (first > 9 || (first == 0 && at[2] != '\r')) return nullptr;
  number = first;
  const char* const stop = end - at > kUsualDigits + 1 ? at + kUsualDigits + 1 : end;
  for (at += 2; at < stop; ++at) {
    const auto digit = static_cast<unsigned>(*at - '0');
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  return end - at >= 2 && *at == '\r' ? at + 2 : nullptr;
}

// The argument at `at`, and what is behind it. nullptr: it is unusual or incomplete.
inline const char* usual_arg(const char* at, const char* end, Bytes& arg) {
  std::int64_t size = 0;
  at = usual_header(at, end, '$', size);
  if (at == nullptr || size > kBulkBytesMax || end - at < size + 2) return nullptr;
  arg = Bytes(at, static_cast<std::size_t>(size));
  return at + size + 2;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// From behind the opening quote to behind the closing one, which a blank or the end must follow.
bool unquote_double(Bytes line, std::size_t& at, std::string& storage) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') return ++at == line.size() || is_space(line[at]);
    if (c == '\\' && at + 3 < line.size() && line[at + 1] == 'x' && hex_digit(line[at + 2]) >= 0 &&
        hex_digit(line[at + 3]) >= 0) {
      storage.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
      at += 4;
    } else if (c == '\\' && at + 1 < line.size()) {
      storage.push_back(escaped(line[at + 1]));
      at += 2;
    } else {
      storage.push_back(c);
      ++at;
    }
  }
  return false;
}

bool unquote_single(Bytes line, std::size_t& at, std::string& storage) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '\'') return ++at == line.size() || is_space(line[at]);
    if (c == '\\' && at + 1 < line.size() && line[at + 1] == '\'') ++at;
    storage.push_back(line[at]);
    ++at;
  }
  return false;
}

}  // namespace

bool split_inline(Bytes line, std::string& storage, std::vector<Place>& places) {
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    const std::size_t begin = storage.size();
    for (; at < line.size(); ++at) {
      const char c = line[at];
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') break;
      if (c == '"' || c == '\'') {
        ++at;
        if (!(c == '"' ? unquote_double(line, at, storage) : unquote_single(line, at, storage))) return false;
        break;
      }
      storage.push_back(c);
    }
    places.push_back({begin, storage.size() - begin});
  }
}

RespParser::Outcome RespParser::next(Bytes buffer, std::size_t& consumed) {
  consumed = 0;
  if (at_ == 0) {
    begin();
    if (usual(buffer, consumed)) return Outcome::kCommand;
  }
  for (;;) {
    const Bytes command = buffer.substr(consumed);
    if (command.empty()) {
      wanted_ = 1;
      return Outcome::kNeedMore;
    }
    const Step step = command[0] == '*' ? multibulk(command) : inline_command(command);
    if (step == Step::kNeedMore) return Outcome::kNeedMore;
    if (step == Step::kError) return Outcome::kError;
    consumed += std::exchange(at_, 0);
    searched_ = 0;
    if (places_.empty()) continue;
    lend(command[0] == '*' ? command : Bytes(unquoted_));
    return Outcome::kCommand;
  }
}

// The usual case, a whole command of a few arguments, without keeping a place. False: nothing was done; the long way
// round knows what it is.
bool RespParser::usual(Bytes buffer, std::size_t& consumed) {
  const char* const end = buffer.data() + buffer.size();
  std::int64_t count = 0;
  const char* at = usual_header(buffer.data(), end, '*', count);
  if (at == nullptr || count == 0 || count > kArgsUsual || unauthenticated_) return false;
  const auto args = static_cast<std::size_t>(count);
  if (args_.size() != args) args_.resize(args);
  for (Bytes& arg : args_)
    if (at = usual_arg(at, end, arg); at == nullptr) return false;
  consumed = static_cast<std::size_t>(at - buffer.data());
  searched_ = 0;  // there may have been no line's end before
  return true;
}

std::size_t foresee_keys(Bytes buffer, std::span<Bytes> keys) {
  const char* at = buffer.data();
  const char* const end = at + buffer.size();
  std::size_t found = 0;
  while (found < keys.size()) {
    std::int64_t count = 0;
    at = usual_header(at, end, '*', count);
    if (at == nullptr || count == 0 || count > kArgsUsual) break;
    for (std::int64_t i = 0; i < count && at != nullptr; ++i) {
      Bytes arg;
      at = usual_arg(at, end, arg);
      if (i == 1 && at != nullptr) keys[found++] = arg;
    }
    if (at == nullptr) break;
  }
  return found;
}

void RespParser::begin() {
  if (args_.capacity() > kArgsKept) {
    args_ = {};
    places_ = {};
  }
  if (unquoted_.capacity() > kStorageKept) unquoted_ = {};
  places_.clear();
}

void RespParser::lend(Bytes from) {
  args_.resize(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) args_[i] = Bytes(from.data() + places_[i].at, places_[i].size);
}

RespParser::Step RespParser::need(std::size_t bytes) {
  wanted_ = bytes;
  return Step::kNeedMore;
}

RespParser::Step RespParser::fail(const std::string& what) {
  error_ = "ERR Protocol error: " + what;
  return Step::kError;
}

// Where the "\r" of the line at at_ is, with one byte behind it (Redis does not look which).
RespParser::Step RespParser::line_end(Bytes command, const char* too_big, std::size_t& end) {
  const std::size_t from = std::max(searched_, at_);
  end = command.find('\r', from);
  if (end == Bytes::npos) {
    if (command.size() - at_ > kInlineBytesMax) return fail(too_big);
    searched_ = command.size();
    return need(command.size() + 1);
  }
  searched_ = end;
  return end + 1 < command.size() ? Step::kDone : need(end + 2);
}

// The usual header line at at_, which moves behind it.
bool RespParser::header(Bytes command, char type, std::int64_t& number) {
  const char* const behind = usual_header(command.data() + at_, command.data() + command.size(), type, number);
  if (behind == nullptr) return false;
  at_ = static_cast<std::size_t>(behind - command.data());
  return true;
}

RespParser::Step RespParser::multibulk(Bytes command) {
  if (at_ == 0) {
    std::int64_t count = 0;
    if (!header(command, '*', count)) {
      std::size_t end = 0;
      if (const Step s = line_end(command, "too big mbulk count string", end); s != Step::kDone) return s;
      const auto number = strict_number(command.substr(1, end - 1));
      if (!number || *number > kArgsMax) return fail("invalid multibulk length");
      count = *number;
      at_ = end + 2;
    }
    if (count > 10 && unauthenticated_) return fail("unauthenticated multibulk length");
    missing_ = count;
  }
  for (; missing_ > 0; --missing_)
    if (const Step s = bulk(command); s != Step::kDone) return s;
  return Step::kDone;
}

RespParser::Step RespParser::bulk(Bytes command) {
  if (bulk_bytes_ < 0) {
    std::int64_t size = 0;
    if (!header(command, '$', size)) {
      std::size_t end = 0;
      if (const Step s = line_end(command, "too big bulk count string", end); s != Step::kDone) return s;
      if (command[at_] != '$') {
        const char found = command[at_] == '\r' || command[at_] == '\n' ? ' ' : command[at_];
        return fail(found == 0 ? "expected '$', got '" : std::string("expected '$', got '") + found + "'");
      }
      const auto number = strict_number(command.substr(at_ + 1, end - at_ - 1));
      if (!number || *number < 0) return fail("invalid bulk length");
      size = *number;
      at_ = end + 2;
    }
    if (size > kBulkBytesMax) return fail("invalid bulk length");
    if (size > 16384 && unauthenticated_) return fail("unauthenticated bulk length");
    bulk_bytes_ = size;
  }
  const auto size = static_cast<std::size_t>(bulk_bytes_);
  if (command.size() < at_ + size + 2) return need(at_ + size + 2);
  places_.push_back({at_, size});
  at_ += size + 2;
  bulk_bytes_ = -1;
  return Step::kDone;
}

RespParser::Step RespParser::inline_command(Bytes command) {
  std::size_t end = command.find('\n', searched_);
  if (end == Bytes::npos) {
    if (command.size() > kInlineBytesMax) return fail("too big inline request");
    searched_ = command.size();
    return need(command.size() + 1);
  }
  at_ = end + 1;
  if (end > 0 && command[end - 1] == '\r') --end;
  unquoted_.clear();
  return split_inline(command.substr(0, end), unquoted_, places_) ? Step::kDone : fail("unbalanced quotes in request");
}

}  // namespace hc
