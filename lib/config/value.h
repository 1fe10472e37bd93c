#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/config/document.h"

// Private to lib/config: what one value is turned into, and the sentence when it cannot be.

namespace atl::config {

// A value from the file or from a flag.
struct Value {
  Document& document;
  Mark mark;
  std::string key;
  const toml::node* node = nullptr;  // null: `text` is from a flag
  std::string_view text;

  void wrong(std::string_view wanted) const;
  std::optional<std::string_view> as_text() const;
};

// Control characters are shown as escapes, and what is long is cut.
std::string quoted(std::string_view text);

// Each reports why it returns nothing.
std::optional<std::string> to_string_value(const Value& value);
std::optional<std::string> to_endpoint(const Value& value);
std::optional<int64_t> to_integer(const Value& value, Range range);
std::optional<double> to_real(const Value& value, RealRange range);
std::optional<bool> to_boolean(const Value& value);
std::optional<std::chrono::milliseconds> to_duration(const Value& value,
                                                     std::chrono::milliseconds at_least);
std::optional<ByteSize> to_bytes(const Value& value, ByteSize at_least);

}  // namespace atl::config
