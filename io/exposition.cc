#include "io/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "io/http_api.h"

namespace hc {
namespace {

constexpr Bytes kTypeNames[] = {"counter", "gauge", "histogram"};

void put_escaped(Bytes text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

// The fewest digits that say it exactly; whole numbers without an exponent.
std::string text_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> digits{};
  const bool whole = std::abs(value) < 1e18 && value == std::floor(value);
  const auto format = whole ? std::chars_format::fixed : std::chars_format::general;
  const auto end = std::to_chars(digits.begin(), digits.end(), value, format).ptr;
  return {digits.begin(), end};
}

}  // namespace

// OpenMetrics is for those who name it, and like it no less than plain text (RFC 9110, 12.5.1).
Exposition::Format Exposition::wanted(Bytes accept) {
  const double opened = media_quality(accept, "application/openmetrics-text").value_or(0);
  std::optional<double> plain;
  for (const Bytes range : {"text/plain", "text/*", "*/*"})
    if (!plain) plain = media_quality(accept, range);
  return opened > 0 && opened >= plain.value_or(0) ? Format::kOpenMetrics : Format::kPrometheus;
}

Bytes Exposition::content_type(Format format) {
  return format == Format::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                        : "text/plain; version=0.0.4; charset=utf-8";
}

void Exposition::family(Bytes name, Type type, Bytes help) {
  name_ = name;
  type_ = type;
  std::string shown = name_;
  if (format_ == Format::kPrometheus && type == Type::kCounter) shown += "_total";
  out_.append("# HELP ").append(shown).append(" ");
  put_escaped(help, format_ == Format::kOpenMetrics, out_);
  out_.append("\n# TYPE ").append(shown).append(" ").append(kTypeNames[static_cast<std::size_t>(type)]).append("\n");
  if (format_ == Format::kPrometheus) return;
  for (const Bytes unit : {"seconds", "bytes"})
    if (name.ends_with("_" + std::string(unit))) out_.append("# UNIT ").append(shown).append(" ").append(unit) += '\n';
}

void Exposition::sample(double value, Labels labels) {
  line(type_ == Type::kCounter ? "_total" : "", labels, {}, value);
}

void Exposition::histogram(std::span<const Bucket> buckets, double sum, std::uint64_t count, Labels labels) {
  for (const Bucket& bucket : buckets) {
    std::string bound = text_of(bucket.bound);
    // OpenMetrics' canonical numbers: a whole one is written with a point, too.
    if (format_ == Format::kOpenMetrics && bound.find_first_of(".eI") == std::string::npos) bound += ".0";
    line("_bucket", labels, bound, static_cast<double>(bucket.count));
  }
  line("_bucket", labels, "+Inf", static_cast<double>(count));
  line("_sum", labels, {}, sum);
  line("_count", labels, {}, static_cast<double>(count));
}

void Exposition::single(Bytes name, Type type, Bytes help, double value) {
  family(name, type, help);
  sample(value);
}

void Exposition::line(Bytes suffix, Labels labels, Bytes bound, double value) {
  out_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](Bytes name, Bytes text) {
    out_ += before;
    out_.append(name).append("=\"");
    put_escaped(text, true, out_);
    out_ += '"';
    before = ',';
  };
  for (const auto& [name, text] : labels) label(name, text);
  if (!bound.empty()) label("le", bound);
  if (before == ',') out_ += '}';
  out_.append(" ").append(text_of(value)) += '\n';
}

std::string Exposition::end() {
  if (format_ == Format::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace hc
