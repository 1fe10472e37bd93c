#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atl::policy {

// What a behaviour changes in a field section. Immutable once made.
class HeaderEdits {
 public:
  using Line = std::pair<std::string, std::string>;  // name, value

  HeaderEdits() = default;
  // `remove`: names. `set`: takes the place of every field of that name.
  HeaderEdits(std::vector<std::string> remove, const std::vector<Line>& set);

  // Names in lower case of the fields that do not stay: those removed and those set.
  const std::vector<std::string>& dropped() const { return dropped_; }
  bool drops(std::string_view name) const;
  void drop(std::string name) { dropped_.push_back(std::move(name)); }  // in lower case
  // The fields that are set, each ended by CRLF.
  std::string_view lines() const { return lines_; }

  // Null if every name is a token and every value free of control bytes (RFC 9110 section 5.5), so
  // that nothing can end a line or a head, and no field frames messages; otherwise what is wrong.
  const char* problem() const { return problem_; }

 private:
  std::vector<std::string> dropped_;
  std::string lines_;
  const char* problem_ = nullptr;
};

}  // namespace atl::policy
