#include "sim/scenario/callers.h"

#include <algorithm>

#include "core/base/slot.h"
#include "core/narrate.h"
#include "sim/check/linearizability.h"

namespace hc::sim::scenario {
namespace {

using K = Operation::Kind;

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

Duration milliseconds_of(const std::string& text) { return std::chrono::milliseconds(std::atoll(text.c_str())); }

// What a caller listens to, and did not ask for just then.
bool is_message(const Reply& reply) {
  return reply.kind == Reply::Kind::kArray && reply.items.size() >= 3 && reply.items[0].text.view.ends_with("message");
}

bool is_one_of(const std::string& word, std::initializer_list<Bytes> list) {
  return std::ranges::find(list, Bytes(word)) != list.end();
}

// The options of SET, as far as the model knows them.
bool set_options(const std::vector<std::string>& args, Instant now, Duration skew, Operation& o) {
  for (std::size_t i = 3; i < args.size(); ++i) {
    const std::string option = upper(args[i]);
    if (option == "NX") {
      o.only_if_missing = true;
    } else if (option == "XX") {
      o.only_if_present = true;
    } else if (option == "GET") {
      o.returns_old = true;
    } else if (option == "KEEPTTL") {
      o.keep_ttl = true;
    } else if ((option == "PX" || option == "EX") && i + 1 < args.size()) {
      o.ends = now + milliseconds_of(args[++i]) * (option == "EX" ? 1000 : 1) - skew;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

Callers::Callers(Schedule& schedule, Network& network, std::uint32_t machines, Duration skew_between_clocks, Told told,
                 Heard heard)
    : schedule_(schedule),
      network_(network),
      machines_(machines),
      skew_(skew_between_clocks),
      told_(std::move(told)),
      heard_(std::move(heard)),
      workload_({.keys = 0}, skew_between_clocks, Random(1)),
      names_{""} {}

std::uint32_t Callers::key(const std::string& name) {
  const auto [at, fresh] = keys_.try_emplace(name, 0);
  if (fresh) {
    at->second = workload_.add_key({name, {}});
    histories_.resize(workload_.keys());
  }
  return at->second;
}

// What the command does to each of its keys. False: nobody may ask that here.
bool Callers::describe(Call& call, std::vector<std::string> args) {
  const std::string name = upper(args.front());
  Request& r = call.request;
  r.args = args;
  call.judged = true;
  Operation o;
  o.called = schedule_.now();
  const auto on = [&](K kind, std::size_t arity) {
    o.kind = kind;
    if (args.size() != arity) return false;
    r.parts.push_back({key(args[1]), o});
    return true;
  };
  if (name == "GET") return on(K::kGet, 2);
  if (name == "DEL") return on(K::kDelete, 2);
  if (name == "GETDEL") return on(K::kGetDelete, 2);
  if (name == "EXISTS") return on(K::kExists, 2);
  if (name == "PERSIST") return on(K::kPersist, 2);
  if (name == "INCR") return o.amount = 1, on(K::kIncrease, 2);
  if (name == "INCRBY" && args.size() == 3) return o.amount = std::atoll(args[2].c_str()), on(K::kIncrease, 3);
  if (name == "APPEND" && args.size() == 3) return o.value = args[2], on(K::kAppend, 3);
  if (name == "PEXPIRE" && args.size() == 3)
    return o.ends = o.called + milliseconds_of(args[2]) - skew_, on(K::kExpire, 3);
  if (name == "SET" && args.size() >= 3)
    return o.value = args[2], set_options(args, o.called, skew_, o) && on(K::kSet, args.size());
  call.judged = false;
  if (is_one_of(name, {"SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE"})) return args.size() == 2;  // one answer each
  if (name == "PUBLISH") return args.size() == 3;
  return name.starts_with("CF.") || is_one_of(name, {"DBSIZE", "KEYS", "SCAN", "TTL", "PTTL", "PING", "TYPE"});
}

std::optional<Endpoint> Callers::endpoint(const std::string& caller) {
  auto at = std::ranges::find(names_, caller);
  if (at == names_.end()) {
    if (names_.size() == kCallers) return std::nullopt;
    names_.push_back(caller);
    at = names_.end() - 1;
  }
  return machines_ + static_cast<Endpoint>(at - names_.begin());
}

Callers::Line& Callers::line_to(const std::string& caller, Endpoint e, std::uint32_t machine) {
  if (!caller.empty())
    for (Line& line : lines_)
      if (line.endpoint == e && line.machine == machine && !line.gone) return line;
  Line& line = lines_.emplace_back();
  line.endpoint = e;
  line.machine = machine;
  line.link = LinkId(2 * lines_.size() + 1);
  network_.dial(e, line.link, machine);
  return line;
}

std::optional<std::size_t> Callers::call(const std::string& caller, std::uint32_t machine,
                                         std::vector<std::string> args, bool awaited) {
  Call call;
  call.awaited = awaited;
  call.caller = caller;
  call.machine = machine;
  for (const std::string& a : args) call.text += (call.text.empty() ? "" : " ") + a;
  if (!describe(call, args)) return std::nullopt;
  call.asked = schedule_.now();
  const std::size_t number = calls_.size();
  Line& line = line_to(caller, *endpoint(caller), machine);
  for (Request::Part& p : call.request.parts) {
    p.operation.connection = line.link.value;
    p.operation.place = number + 1;
    p.operation.client = line.endpoint - machines_;
    p.operation.node = machine + 1;
  }
  calls_.push_back(std::move(call));
  line.waiting.push_back(number);
  std::string bytes;
  write_command(std::vector<Bytes>(args.begin(), args.end()), bytes);
  if (line.open)
    network_.send(line.endpoint, line.link, std::move(bytes));
  else
    line.unsent += bytes;
  return number;
}

Callers::Line* Callers::find(Endpoint e, LinkId link) {
  for (Line& line : lines_)
    if (line.endpoint == e && line.link == link && !line.gone) return &line;
  return nullptr;
}

void Callers::link_opened(Endpoint e, LinkId link) {
  Line* line = find(e, link);
  if (!line) return;
  line->open = true;
  if (!line->unsent.empty()) network_.send(e, link, std::exchange(line->unsent, {}));
}

void Callers::link_closed(Endpoint e, LinkId link) {
  Line* line = find(e, link);
  if (!line) return;
  line->gone = true;
  for (const std::size_t call : std::exchange(line->waiting, {})) {
    Workload::give_up(calls_[call].request, "connection lost");
    over(call, "connection lost");
  }
}

void Callers::bytes(Endpoint e, LinkId link, const std::string& bytes) {
  Line* line = find(e, link);
  if (!line) return;
  line->buffer += bytes;
  while (true) {
    Reply reply;
    std::size_t consumed = 0;
    const auto outcome = line->parser.next(line->buffer, consumed, reply);
    line->buffer.erase(0, consumed);
    if (outcome != RespReplyParser::Outcome::kReply) return;
    if (is_message(reply)) {
      heard_(names_[e - machines_], narrate(reply));
      continue;
    }
    if (line->waiting.empty()) return;
    const std::size_t number = line->waiting.front();
    line->waiting.pop_front();
    std::string text = narrate(reply);
    if (text.starts_with('+')) text.erase(0, 1);
    if (calls_[number].judged)
      if (const auto wrong = workload_.conclude(calls_[number].request, reply, schedule_.now())) text = *wrong;
    over(number, text);
  }
}

void Callers::over(std::size_t number, std::string reply) {
  Call& call = calls_[number];
  call.ended = schedule_.now();
  call.reply = std::move(reply);
  for (const Request::Part& p : call.request.parts) histories_[p.key].push_back(p.operation);
  told_(call);
}

void Callers::end() {
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].over()) continue;
    Workload::give_up(calls_[i].request, "the story ended");
    over(i, "no reply");
  }
}

void Callers::lost(Slot slot, std::uint32_t slots, Instant at) {
  Operation o;
  o.kind = K::kLost;
  o.outcome = Operation::Outcome::kDone;
  o.called = o.returned = at;
  for (const auto& [name, index] : keys_)
    if (slot_of(name, slots) == slot) histories_[index].push_back(o);
}

void Callers::evicted(const std::string& name, Operation eviction) {
  histories_[key(name)].push_back(std::move(eviction));
}

std::optional<std::string> Callers::judge_all() const {
  for (const auto& [name, index] : keys_) {
    const Judgement j = judge(histories_[index]);
    if (j.kind == Judgement::Kind::kViolated)
      return "key " + name + ": no explanation for " + to_text(histories_[index][j.illegal]);
  }
  return std::nullopt;
}

}  // namespace hc::sim::scenario
