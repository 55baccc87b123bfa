// Metrics as text, in both formats, by example.
#include "io/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace hc {
namespace {

using Format = Exposition::Format;
using Type = Exposition::Type;

std::string example(Format format) {
  Exposition out(format);
  out.counter("a_bytes", "Bytes \\ and\nlines.", 12345678901);
  out.family("b", Type::kGauge, "Say \"b\".");
  out.sample(0.25, {{"x", "1"}, {"y", "q\"\\\n"}});
  out.sample(std::numeric_limits<double>::infinity());
  out.family("c_seconds", Type::kHistogram, "Time.");
  const Exposition::Bucket buckets[] = {{1e-06, 1}, {0.5, 2}, {10, 2}};
  out.histogram(buckets, 11.5, 3, {{"of", "z"}});
  return out.end();
}

TEST(Exposition, Prometheus) {
  EXPECT_EQ(example(Format::kPrometheus), R"(# HELP a_bytes_total Bytes \\ and\nlines.
# TYPE a_bytes_total counter
a_bytes_total 12345678901
# HELP b Say "b".
# TYPE b gauge
b{x="1",y="q\"\\\n"} 0.25
b +Inf
# HELP c_seconds Time.
# TYPE c_seconds histogram
c_seconds_bucket{of="z",le="1e-06"} 1
c_seconds_bucket{of="z",le="0.5"} 2
c_seconds_bucket{of="z",le="10"} 2
c_seconds_bucket{of="z",le="+Inf"} 3
c_seconds_sum{of="z"} 11.5
c_seconds_count{of="z"} 3
)");
}

TEST(Exposition, OpenMetrics) {
  EXPECT_EQ(example(Format::kOpenMetrics), R"(# HELP a_bytes Bytes \\ and\nlines.
# TYPE a_bytes counter
# UNIT a_bytes bytes
a_bytes_total 12345678901
# HELP b Say \"b\".
# TYPE b gauge
b{x="1",y="q\"\\\n"} 0.25
b +Inf
# HELP c_seconds Time.
# TYPE c_seconds histogram
# UNIT c_seconds seconds
c_seconds_bucket{of="z",le="1e-06"} 1
c_seconds_bucket{of="z",le="0.5"} 2
c_seconds_bucket{of="z",le="10.0"} 2
c_seconds_bucket{of="z",le="+Inf"} 3
c_seconds_sum{of="z"} 11.5
c_seconds_count{of="z"} 3
# EOF
)");
}

TEST(Exposition, WhatAcceptWants) {
  EXPECT_EQ(Exposition::wanted(""), Format::kPrometheus);
  EXPECT_EQ(Exposition::wanted("text/plain;version=0.0.4, */*;q=0.1"), Format::kPrometheus);
  const std::pair<const char*, Format> kTable[] = {
      {"application/openmetrics-text;q=0", Format::kPrometheus},
      {"application/openmetrics-text; Q=0.000, */*", Format::kPrometheus},
      {"application/openmetrics-text;q=0.1,text/plain;q=0.9", Format::kPrometheus},
      {"application/openmetrics-text;q=0.1, text/*;q=0.9", Format::kPrometheus},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.2, */*", Format::kOpenMetrics},
      {"application/openmetrics-text ; version=1.0.0 ; q=0.9, text/plain;q=0.5", Format::kOpenMetrics},
      {"application/openmetrics-text, */*", Format::kOpenMetrics},
      {"application/openmetrics-text;q=0.1, application/openmetrics-text;version=1.0.0, text/plain;q=0.5",
       Format::kOpenMetrics},
  };
  for (const auto& [accept, format] : kTable) EXPECT_EQ(Exposition::wanted(accept), format) << accept;
  EXPECT_EQ(Exposition::wanted("text/plain;q=0.5, Application/OpenMetrics-Text; version=1.0.0"), Format::kOpenMetrics);
}

}  // namespace
}  // namespace hc
