#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace atl {

// Content-Type of a scrape.
inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// Writes one scrape in the Prometheus text exposition format 0.0.4. Names follow Prometheus's
// conventions: base units, `_total` on counters. Not for the hit path.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // HELP and TYPE of what follows; once per name, before its first value.
  void counter(std::string_view name, std::string_view help) { declare(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { declare(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { declare(name, help, "histogram"); }

  void value(std::string_view name, Labels labels, double value);
  void value(std::string_view name, Labels labels, uint64_t value);

  std::string take() && { return std::move(out_); }

 private:
  void declare(std::string_view name, std::string_view help, std::string_view type);
  void begin_line(std::string_view name, Labels labels);

  std::string out_;
};

}  // namespace atl
