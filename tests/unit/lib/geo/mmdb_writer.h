#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace atl::geo {

// Writes small databases in the MaxMind DB format 2.0 (an IPv6 tree with 32-bit records).
class MmdbWriter {
 public:
  struct Value;
  using Map = std::map<std::string, Value>;
  struct Value {
    std::variant<std::string, double, Map> content;
  };

  void add(std::string_view prefix, Map record) { rows_.emplace_back(prefix, std::move(record)); }
  std::string bytes() const;

 private:
  std::vector<std::pair<std::string, Map>> rows_;
};

}  // namespace atl::geo
