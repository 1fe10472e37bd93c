#include "lib/config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/base/duration.h"

namespace atl::config {
namespace {

constexpr size_t kLongestQuote = 80;  // bytes of a wrong value that are repeated in a problem

// "the integer 5", "a table"
std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return "the string " + quoted(text->get());
  if (const auto* number = node.as_integer()) return fmt::format("the integer {}", number->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("the number {}", real->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return node.is_array_of_tables() ? "an array of tables" : "an array";
  return "a date or time";
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kLongestQuote)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + (text.size() > kLongestQuote ? "...\"" : "\"");
}

void Value::wrong(std::string_view wanted) const {
  document.problem(mark, fmt::format("{} must be {}, not {}", key, wanted,
                                     node == nullptr ? quoted(text) : describe(*node)));
}

std::optional<std::string_view> Value::as_text() const {
  if (node == nullptr) return text;
  if (const auto* found = node->as_string()) return std::string_view(found->get());
  return std::nullopt;
}

std::optional<std::string> to_string_value(const Value& value) {
  constexpr std::string_view kWanted = "a string in quotes";
  const auto text = value.as_text();
  if (!text) {
    value.wrong(kWanted);
    return std::nullopt;
  }
  if (text->empty()) {
    value.document.problem(
        value.mark, fmt::format("{} must not be empty: leave it out or say which", value.key));
    return std::nullopt;
  }
  // No name, path or address has one, and each of them could end a line or a C string somewhere.
  if (std::any_of(text->begin(), text->end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    value.wrong("free of control characters");
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<std::string> to_endpoint(const Value& value) {
  constexpr std::string_view kWanted = "an address such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
  const auto text = value.as_text();
  if (!text) {
    value.wrong(kWanted);
    return std::nullopt;
  }
  if (const char* problem = check_endpoint(*text)) {
    value.document.problem(value.mark, fmt::format("{} must be {}, not {}: {}", value.key, kWanted,
                                                   quoted(*text), problem));
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<int64_t> to_integer(const Value& value, Range range) {
  std::optional<int64_t> number;
  if (value.node == nullptr) {
    number = parse_number<int64_t>(value.text);
  } else if (const auto* found = value.node->as_integer()) {
    number = found->get();
  }
  if (number && *number >= range.min && *number <= range.max) return number;
  value.wrong(range.max == Range{}.max
                  ? fmt::format("an integer of at least {}", range.min)
                  : fmt::format("an integer of {} to {}", range.min, range.max));
  return std::nullopt;
}

std::optional<double> to_real(const Value& value, RealRange range) {
  std::optional<double> number;
  if (value.node == nullptr) {
    number = parse_number<double>(value.text);
  } else if (const auto* real = value.node->as_floating_point()) {
    number = real->get();
  } else if (const auto* integer = value.node->as_integer()) {
    number = static_cast<double>(integer->get());
  }
  if (number && *number >= range.min && *number <= range.max) return number;  // false for NaN
  value.wrong(fmt::format("a number of {} to {}", range.min, range.max));
  return std::nullopt;
}

std::optional<bool> to_boolean(const Value& value) {
  if (value.node == nullptr) {
    if (value.text == "true") return true;
    if (value.text == "false") return false;
  } else if (const auto* found = value.node->as_boolean()) {
    return found->get();
  }
  value.wrong("true or false, without quotes");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> to_duration(const Value& value,
                                                     std::chrono::milliseconds at_least) {
  if (const auto text = value.as_text()) {
    const auto duration = parse_duration(*text);
    if (duration && *duration >= at_least) return *duration;
  }
  value.wrong(at_least.count() == 0
                  ? std::string("a duration with its unit, such as \"250ms\", \"10s\" or \"5m\"")
                  : fmt::format("a duration of at least \"{}\"", format_duration(at_least)));
  return std::nullopt;
}

std::optional<ByteSize> to_bytes(const Value& value, ByteSize at_least) {
  std::optional<ByteSize> size;
  if (const auto text = value.as_text()) {
    if (const auto parsed = parse_byte_size(*text)) size = *parsed;
  } else if (const auto* number = value.node->as_integer();
             number != nullptr && number->get() >= 0) {
    size = ByteSize{static_cast<uint64_t>(number->get())};
  }
  if (size && *size >= at_least) return size;
  value.wrong(at_least.count == 0 ? std::string("a size such as \"64KiB\" or \"1.5GiB\"")
                                  : fmt::format("a size of at least \"{}\"", to_string(at_least)));
  return std::nullopt;
}

}  // namespace atl::config
