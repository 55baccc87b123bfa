// How the words of a command are read and how numbers and complaints are written: the forms that Redis 7.0.15 takes and
// gives, to the letter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/reply.h"

namespace hc::command {

// Errors that several commands give.
Reply syntax_error();                      // ERR syntax error
Reply wrong_type();                        // WRONGTYPE Operation against a key holding the wrong kind of value
Reply not_an_integer();                    // ERR value is not an integer or out of range
Reply not_a_float();                       // ERR value is not a valid float
Reply invalid_expire_time(Bytes command);  // … in 'set' command
// An error with words of the client in it: line breaks would break the protocol. They become
// spaces, or go, if they stand at its end.
Reply error_quoting(std::string message);

// Is this word (of the client's, any case) that one (in lower case)?
bool same_word(Bytes word, Bytes lower);
std::string lower_case(Bytes word);

// A decimal int64 in its one canonical form: no blanks, no plus sign, no leading zero, no "-0".
std::optional<std::int64_t> parse_integer(Bytes text);

// What C's strtold takes, whole, without a leading blank; not NaN, not out of range. Infinity is taken.
std::optional<long double> parse_float(Bytes text);

// As many digits as needed of 17 after the point: "3", "10.6", "-0.25". Empty if it takes more than 5 KB.
std::string format_float(long double value);

// A digit string on the stack, to be borrowed from.
class IntegerText {
 public:
  explicit IntegerText(std::int64_t value);
  Bytes bytes() const { return {digits_, size_}; }

 private:
  char digits_[20];
  std::size_t size_;
};

// Redis' glob: * ? [abc] [^a-z] \x. Time at most |pattern| x |text|. No pattern but "" matches the empty text here (the
// commands take "*" alone as "all" before they ask).
bool glob_match(Bytes pattern, Bytes text);

}  // namespace hc::command
