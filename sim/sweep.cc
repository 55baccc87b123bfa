#include "sim/sweep.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <vector>

#include "core/base/check.h"
#include "core/store/hash.h"
#include "sim/world.h"

namespace hc::sim {
namespace {

// What the workers share with their parent.
struct Shared {
  std::atomic<std::uint64_t> next;
  std::atomic<bool> stop;
};

// A result on its way through a pipe.
struct Line {
  std::uint64_t seed, hash, compared, unknown, refused, views, faults, faults_skipped, losses, undecided, deaths,
      power_losses, steps, simulated_ms;
  std::array<std::uint64_t, kFaultKinds> faults_of;
  std::array<std::uint64_t, seam::kPoints> struck;
  seam::MutantSet reached;
  std::array<std::uint64_t, kMessageKinds> messages_of;
  Verdict verdict;
  std::uint32_t check_size, reason_size;
};

void write_all(int fd, const void* from, std::size_t size) {
  const char* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t n = ::write(fd, at, size);
    if (n <= 0) std::_Exit(70);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void send_result(int fd, const Result& r) {
  Line l{};
  l.seed = r.seed, l.hash = r.hash, l.compared = r.compared, l.unknown = r.unknown, l.refused = r.refused;
  l.views = r.views, l.faults = r.faults, l.faults_skipped = r.faults_skipped, l.losses = r.losses;
  l.undecided = r.undecided, l.deaths = r.deaths, l.power_losses = r.power_losses;
  l.steps = r.steps, l.simulated_ms = r.simulated_ms;
  l.struck = r.struck, l.reached = r.reached;
  l.faults_of = r.faults_of, l.messages_of = r.messages_of, l.verdict = r.verdict;
  l.check_size = static_cast<std::uint32_t>(r.check.size());
  l.reason_size = static_cast<std::uint32_t>(r.reason.size());
  std::string bytes(reinterpret_cast<const char*>(&l), sizeof l);
  bytes += r.check + r.reason;
  write_all(fd, bytes.data(), bytes.size());
}

std::optional<Result> take_result(std::string& buffer) {
  Line l;
  if (buffer.size() < sizeof l) return std::nullopt;
  std::memcpy(&l, buffer.data(), sizeof l);
  if (buffer.size() < sizeof l + l.check_size + l.reason_size) return std::nullopt;
  Result r;
  r.seed = l.seed, r.hash = l.hash, r.compared = l.compared, r.unknown = l.unknown, r.refused = l.refused;
  r.views = l.views, r.faults = l.faults, r.faults_skipped = l.faults_skipped, r.losses = l.losses;
  r.undecided = l.undecided, r.deaths = l.deaths, r.power_losses = l.power_losses;
  r.steps = l.steps, r.simulated_ms = l.simulated_ms;
  r.struck = l.struck, r.reached = l.reached;
  r.faults_of = l.faults_of, r.messages_of = l.messages_of, r.verdict = l.verdict;
  r.check = buffer.substr(sizeof l, l.check_size);
  r.reason = buffer.substr(sizeof l + l.check_size, l.reason_size);
  buffer.erase(0, sizeof l + l.check_size + l.reason_size);
  return r;
}

Result run_checked(const SweepOptions& o, std::uint64_t seed) {
  Options run = o.run;
  run.seed = seed;
  Result r = run_seed(run);
  if (!o.twice) return r;
  const Result again = run_seed(run);
  if (again.hash != r.hash && r.verdict == Verdict::kPassed) {
    r.verdict = Verdict::kInternal;
    r.check = "determinism";
    r.reason = "the same seed gave another trace hash the second time";
  }
  return r;
}

struct Worker {
  pid_t pid = -1;
  int from = -1;
  std::string buffer;
  std::uint64_t* seed = nullptr;  // in shared memory: what it works on
};

void start_worker(Worker& w, const SweepOptions& o, Shared& shared) {
  int ends[2];
  HC_CHECK(::pipe(ends) == 0, "no pipe");
  std::fflush(nullptr);
  w.pid = ::fork();
  HC_CHECK(w.pid >= 0, "no process");
  if (w.pid == 0) {
    ::close(ends[0]);
    while (!shared.stop) {
      const std::uint64_t seed = shared.next++;
      if (seed > o.last) break;
      *w.seed = seed;
      send_result(ends[1], run_checked(o, seed));
    }
    *w.seed = 0;
    std::_Exit(0);
  }
  ::close(ends[1]);
  w.from = ends[0];
}

void add(Result& sum, const Result& r) {
  sum.compared += r.compared, sum.unknown += r.unknown, sum.refused += r.refused;
  sum.views += r.views, sum.faults += r.faults, sum.faults_skipped += r.faults_skipped, sum.losses += r.losses;
  sum.undecided += r.undecided, sum.deaths += r.deaths, sum.power_losses += r.power_losses;
  sum.steps += r.steps, sum.simulated_ms += r.simulated_ms;
  for (std::size_t k = 0; k < kFaultKinds; ++k) sum.faults_of[k] += r.faults_of[k];
  for (std::size_t k = 0; k < kMessageKinds; ++k) sum.messages_of[k] += r.messages_of[k];
  for (std::size_t k = 0; k < seam::kPoints; ++k) sum.struck[k] += r.struck[k];
  sum.reached |= r.reached;
}

class Collector {
 public:
  Collector(const SweepOptions& options, Shared& shared) : options_(options), shared_(shared) {}

  void take(const Result& r) {
    ++sweep.seeds;
    hashes_[r.seed] = r.hash;
    add(sweep.sum, r);
    if (r.verdict == Verdict::kPassed) {
      ++sweep.passed;
    } else if (r.verdict == Verdict::kVoid) {
      ++sweep.empty;
      if (!options_.quiet) std::fprintf(stderr, "seed %llu: void: %s\n", number(r.seed), r.reason.c_str());
    } else {
      ++sweep.failed;
      if (!options_.quiet)
        std::fprintf(stderr, "seed %llu: %s (%s): %s\n", number(r.seed), std::string(name_of(r.verdict)).c_str(),
                     r.check.c_str(), r.reason.c_str());
      if (!sweep.first_failure || r.seed < sweep.first_failure->seed) sweep.first_failure = r;
      if (!options_.keep_going) shared_.stop = true;
    }
    progress();
  }

  Sweep finish() {
    sweep.seconds = passed_time();
    for (const auto& [seed, hash] : hashes_) {
      sweep.sum.hash = hash_mix(sweep.sum.hash ^ seed, hash);
      if (options_.hashes) std::printf("%llu %016llx\n", number(seed), number(hash));
    }
    return sweep;
  }

  Sweep sweep;

 private:
  static unsigned long long number(std::uint64_t n) { return n; }
  double passed_time() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  void progress() {
    const double t = passed_time();
    if (options_.quiet || t - told_ < 10) return;
    told_ = t;
    std::fprintf(stderr, "%llu of %llu seeds, %.1f per second, %llu failed, %llu void\n", number(sweep.seeds),
                 number(options_.last - options_.first + 1), static_cast<double>(sweep.seeds) / t, number(sweep.failed),
                 number(sweep.empty));
  }

  const SweepOptions& options_;
  Shared& shared_;
  std::map<std::uint64_t, std::uint64_t> hashes_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  double told_ = 0;
};

// The worker's pipe ended. True if it is to be started again.
bool bury(Worker& w, Collector& collector, const Shared& shared, const SweepOptions& o) {
  ::close(w.from);
  w.from = -1;
  int status = 0;
  ::waitpid(w.pid, &status, 0);
  if (*w.seed == 0) return false;
  Result r;
  r.seed = *w.seed;
  r.verdict = Verdict::kInternal;
  r.check = "crash";
  r.reason = WIFSIGNALED(status) ? "the process was ended by signal " + std::to_string(WTERMSIG(status))
                                 : "the process ended with status " + std::to_string(WEXITSTATUS(status));
  *w.seed = 0;
  collector.take(r);
  return !shared.stop && shared.next <= o.last;
}

}  // namespace

Sweep sweep(const SweepOptions& options) {
  const unsigned jobs = std::max(1U, options.jobs);
  const std::size_t size = sizeof(Shared) + jobs * sizeof(std::uint64_t);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  HC_CHECK(memory != MAP_FAILED, "no shared memory");
  auto* shared = new (memory) Shared{{options.first}, {false}};
  auto* seeds = new (static_cast<char*>(memory) + sizeof(Shared)) std::uint64_t[jobs]{};
  Collector collector(options, *shared);
  std::vector<Worker> workers(jobs);
  for (unsigned i = 0; i < jobs; ++i) {
    workers[i].seed = seeds + i;
    start_worker(workers[i], options, *shared);
  }
  while (true) {
    std::vector<pollfd> polled;
    std::vector<Worker*> whose;
    for (Worker& w : workers)
      if (w.from >= 0) {
        polled.push_back({w.from, POLLIN, 0});
        whose.push_back(&w);
      }
    if (polled.empty()) break;
    ::poll(polled.data(), polled.size(), -1);
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (!polled[i].revents) continue;
      char piece[65536];
      const ssize_t n = ::read(polled[i].fd, piece, sizeof piece);
      if (n > 0) {
        whose[i]->buffer.append(piece, static_cast<std::size_t>(n));
        while (auto r = take_result(whose[i]->buffer)) collector.take(*r);
      } else if (bury(*whose[i], collector, *shared, options)) {
        start_worker(*whose[i], options, *shared);
      }
    }
  }
  Sweep result = collector.finish();
  ::munmap(memory, size);
  return result;
}

}  // namespace hc::sim
