#include "sim/check/history.h"

namespace hc::sim {

std::string to_text(const Observed& observed) {
  switch (observed.kind) {
    case Observed::Kind::kNothing:
      return "?";
    case Observed::Kind::kOk:
      return "OK";
    case Observed::Kind::kNil:
      return "nil";
    case Observed::Kind::kText:
      return "\"" + observed.text + "\"";
    case Observed::Kind::kNumber:
      return std::to_string(observed.number);
    case Observed::Kind::kNotInteger:
      return "not an integer";
  }
  return "?";
}

namespace {

std::string verb(const Operation& o) {
  switch (o.kind) {
    case Operation::Kind::kGet:
      return "GET";
    case Operation::Kind::kSet:
      return "SET \"" + o.value + "\"" + (o.only_if_missing ? " NX" : "") + (o.only_if_present ? " XX" : "") +
             (o.keep_ttl ? " KEEPTTL" : "") + (o.returns_old ? " GET" : "");
    case Operation::Kind::kDelete:
      return "DEL";
    case Operation::Kind::kGetDelete:
      return "GETDEL";
    case Operation::Kind::kIncrease:
      return "INCRBY " + std::to_string(o.amount);
    case Operation::Kind::kAppend:
      return "APPEND \"" + o.value + "\"";
    case Operation::Kind::kExpire:
      return "PEXPIRE";
    case Operation::Kind::kPersist:
      return "PERSIST";
    case Operation::Kind::kExists:
      return "EXISTS";
    case Operation::Kind::kCompareAndSet:
      return "CAS \"" + o.expected + "\" to \"" + o.value + "\"";
    case Operation::Kind::kLost:
      return "(the slot was lost)";
    case Operation::Kind::kEvicted:
      return "(evicted)";
  }
  return "?";
}

}  // namespace

std::string deed(const Operation& o) {
  std::string line = verb(o);
  if (o.ends != kForever) line += " (may end from " + seconds_text(o.ends) + ")";
  if (o.of_nobody()) return line;
  switch (o.outcome) {
    case Operation::Outcome::kDone:
      return line + " → " + to_text(o.observed);
    case Operation::Outcome::kNotApplied:
      return line + " → not applied: " + o.error;
    case Operation::Outcome::kUnknown:
      return line + " → unknown: " + o.error;
  }
  return line;
}

std::string to_text(const Operation& o) {
  std::string line = "[" + seconds_text(o.called) + " … ";
  line += o.outcome == Operation::Outcome::kDone ? seconds_text(o.returned) : "?";
  line += "] ";
  if (!o.of_nobody()) line += "client " + std::to_string(o.client) + " at node-" + std::to_string(o.node) + ": ";
  return line + deed(o);
}

}  // namespace hc::sim
