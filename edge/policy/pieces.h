#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "edge/policy/selection.h"

// Shared by query.cc and cookies.cc. Private to edge/policy.

namespace atl::policy {

// "name=value" or "name", as it stands in the request.
struct Piece {
  std::string_view text;
  std::string_view name;
  size_t place;  // among those seen
};

// Collects the pieces that a selection keeps. Its memory is reused: warm, it does not allocate.
class Pieces {
 public:
  // A client chooses how many there are, and each costs a comparison with every configured prefix.
  static constexpr size_t kMost = 1000;

  void clear() {
    kept_.clear();
    seen_ = 0;
    changed_ = false;
  }
  // False: more than kMost were seen.
  bool add(std::string_view text, const Selection& selection);
  // Something was left out.
  void leave_out() { changed_ = true; }
  // By name; those of one name keep their order, for it means something to whoever reads them.
  void sort();

  const std::vector<Piece>& kept() const { return kept_; }
  // Whether what was kept differs from what was added.
  bool changed() const { return changed_; }

 private:
  std::vector<Piece> kept_;
  size_t seen_ = 0;
  bool changed_ = false;
};

}  // namespace atl::policy
