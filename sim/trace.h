// The rolling 64-bit hash over everything that happens (when, to whom, what, the encoded bytes) and everything that a
// node wants of its host; and, if somebody listens, the same in English.
//
// Listening changes no hash. `story` keeps the last lines only, for the report of a failure.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/store/hash.h"
#include "sim/instant.h"

namespace hc::sim {

class Film;

class Trace {
 public:
  // Prints every line to `out` (nullptr: to nobody), keeps the last `keep` of them up to `until`. With a key: of those
  // that name it.
  void listen(std::FILE* out, std::size_t keep, Instant until, std::string key) {
    out_ = out;
    keep_ = keep;
    until_ = until;
    key_ = std::move(key);
  }
  bool listening() const { return out_ != nullptr || keep_ > 0; }

  // nullptr: nobody films. Must outlive the run.
  void show(Film* film) { film_ = film; }
  Film* film() const { return film_; }

  // `what` tells events and effects of different kinds apart.
  void record(Instant at, std::uint32_t who, std::uint32_t what, std::uint64_t number, Bytes bytes = {}) {
    std::uint64_t h = hash_mix(hash_ ^ static_cast<std::uint64_t>(ns(at)), (std::uint64_t{who} << 32 | what) + 1);
    if (!bytes.empty()) h ^= hash_bytes(bytes, 1);
    hash_ = hash_mix(h, number + 0x9e3779b97f4a7c15ULL);
    ++records_;
  }

  // Requires: listening(), else the text was made for nothing.
  void line(Instant at, const std::string& who, const std::string& text);

  std::uint64_t hash() const { return hash_; }
  std::uint64_t records() const { return records_; }
  const std::deque<std::string>& story() const { return story_; }

 private:
  std::uint64_t hash_ = 0x243f6a8885a308d3ULL, records_ = 0;
  std::FILE* out_ = nullptr;
  Film* film_ = nullptr;
  std::size_t keep_ = 0;
  Instant until_ = kForever;
  std::string key_;
  std::deque<std::string> story_;
};

}  // namespace hc::sim
