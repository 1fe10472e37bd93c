#include "lib/base/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace atl {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (quotes && c == '"') {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void MetricsText::declare(std::string_view name, std::string_view help, std::string_view type) {
  out_ += "# HELP ";
  out_ += name;
  out_ += ' ';
  append_escaped(out_, help, false);
  fmt::format_to(std::back_inserter(out_), "\n# TYPE {} {}\n", name, type);
}

void MetricsText::begin_line(std::string_view name, Labels labels) {
  out_ += name;
  char separator = '{';
  for (const auto& [key, label] : labels) {
    out_ += separator;
    out_ += key;
    out_ += "=\"";
    append_escaped(out_, label, true);
    out_ += '"';
    separator = ',';
  }
  if (separator == ',') out_ += '}';
}

void MetricsText::value(std::string_view name, Labels labels, double value) {
  begin_line(name, labels);
  fmt::format_to(std::back_inserter(out_), " {}\n", value);
}

void MetricsText::value(std::string_view name, Labels labels, uint64_t value) {
  begin_line(name, labels);
  fmt::format_to(std::back_inserter(out_), " {}\n", value);
}

}  // namespace atl
