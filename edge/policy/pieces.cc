#include "edge/policy/pieces.h"

#include <algorithm>

namespace atl::policy {

bool Pieces::add(std::string_view text, const Selection& selection) {
  if (++seen_ > kMost) return false;
  const std::string_view name = text.substr(0, text.find('='));
  if (selection.keeps(name)) {
    kept_.push_back({text, name, seen_});
  } else {
    changed_ = true;
  }
  return true;
}

void Pieces::sort() {
  const auto by_name = [](const Piece& a, const Piece& b) { return a.name < b.name; };
  if (std::is_sorted(kept_.begin(), kept_.end(), by_name)) return;
  changed_ = true;
  // Not std::stable_sort, which allocates.
  std::sort(kept_.begin(), kept_.end(), [](const Piece& a, const Piece& b) {
    const int order = a.name.compare(b.name);
    return order != 0 ? order < 0 : a.place < b.place;
  });
}

}  // namespace atl::policy
