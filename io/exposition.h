// Metrics as text for Prometheus: its own format 0.0.4, or OpenMetrics 1.0, from the same calls.
//
// The two differ in little: OpenMetrics names a counter's family without "_total", states units, and ends with "# EOF".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include "core/base/bytes.h"

namespace hc {

class Exposition {
 public:
  enum class Format : std::uint8_t { kPrometheus, kOpenMetrics };
  enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };
  using Labels = std::initializer_list<std::pair<Bytes, Bytes>>;
  struct Bucket {
    double bound = 0;         // at most this …
    std::uint64_t count = 0;  // … were so many
  };

  explicit Exposition(Format format) : format_(format) {}
  // The format that a client's Accept asks for.
  static Format wanted(Bytes accept);
  static Bytes content_type(Format format);

  // A family; its samples follow. `name` without "_total"; one that ends with "_seconds" or "_bytes" has that unit.
  void family(Bytes name, Type type, Bytes help);
  void sample(double value, Labels labels = {});
  // Of a histogram: buckets that count all below them, too, in rising order; +Inf is added.
  void histogram(std::span<const Bucket> buckets, double sum, std::uint64_t count, Labels labels = {});
  // One counter or gauge without labels.
  void counter(Bytes name, Bytes help, double value) { single(name, Type::kCounter, help, value); }
  void gauge(Bytes name, Bytes help, double value) { single(name, Type::kGauge, help, value); }

  std::string end();

 private:
  void single(Bytes name, Type type, Bytes help, double value);
  void line(Bytes suffix, Labels labels, Bytes bound, double value);

  Format format_;
  std::string out_;
  std::string name_;  // of the family
  Type type_ = Type::kGauge;
};

}  // namespace hc
