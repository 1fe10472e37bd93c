#include "edge/routing/pattern.h"

#include <cstddef>

namespace atl::edge {

bool pattern_matches(std::string_view pattern, std::string_view text) {
  // Only the last "*" ever needs to be tried again: whatever an earlier one could take instead, the
  // last one can take too.
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      if (p == pattern.size()) return true;  // it takes all the rest
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace atl::edge
