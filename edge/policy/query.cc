#include "edge/policy/query.h"

#include <algorithm>

namespace atl::policy {

std::optional<std::string_view> normalise_query(const Selection& selection,
                                                std::string_view path_and_query, Pieces& pieces,
                                                std::string& out) {
  if (selection.mode == Selection::Mode::AsIs) return path_and_query;
  const size_t mark = path_and_query.find('?');
  if (mark == std::string_view::npos) return path_and_query;
  const std::string_view path = path_and_query.substr(0, mark);
  if (selection.mode == Selection::Mode::None) return path;

  const std::string_view query = path_and_query.substr(mark + 1);
  pieces.clear();
  for (size_t at = 0; at <= query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    if (end == at) {
      pieces.leave_out();
    } else if (!pieces.add(query.substr(at, end - at), selection)) {
      return std::nullopt;
    }
    at = end + 1;
  }
  pieces.sort();
  if (pieces.kept().empty()) return path;
  if (!pieces.changed()) return path_and_query;
  out.assign(path);
  char separator = '?';
  for (const Piece& piece : pieces.kept()) {
    out.push_back(separator);
    out.append(piece.text);
    separator = '&';
  }
  return out;
}

}  // namespace atl::policy
