#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atl::policy {

// Names, compared byte for byte. One that ends in "*" stands for all that begin with the rest.
class NameList {
 public:
  NameList() = default;
  explicit NameList(std::vector<std::string> names);

  // Does not allocate.
  bool has(std::string_view name) const;
  bool empty() const { return exact_.empty() && prefixes_.empty(); }

 private:
  std::vector<std::string> exact_;  // sorted
  std::vector<std::string> prefixes_;
};

// Which parameters of a query, or which cookies, belong to a request.
struct Selection {
  enum class Mode : uint8_t {
    AsIs,   // left as they came
    All,    // every one, in the order of their names
    None,   // none
    Allow,  // those that `names` has, in the order of their names
    Deny,   // all but those
  };
  Mode mode = Mode::AsIs;
  NameList names;  // of Allow and Deny; empty otherwise

  bool keeps(std::string_view name) const;
};

}  // namespace atl::policy
