#include "edge/policy/cookies.h"

#include <algorithm>
#include <string_view>

#include "lib/http/chars.h"

namespace atl::policy {
namespace {

bool add_cookies(std::string_view value, const Selection& selection, Pieces& pieces) {
  for (size_t at = 0; at <= value.size();) {
    const size_t end = std::min(value.find(';', at), value.size());
    const std::string_view cookie = http::trim_ows(value.substr(at, end - at));
    if (!cookie.empty() && !pieces.add(cookie, selection)) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

bool select_cookies(const Selection& selection, http::Fields fields, Pieces& pieces,
                    std::string& out) {
  out.clear();
  if (selection.mode == Selection::Mode::None) return true;
  pieces.clear();
  // HTTP/2 lets a client send a line for each cookie (RFC 9113 section 8.2.3).
  for (const http::Field& field : fields) {
    if (http::equal_ignore_case(field.name, "Cookie") &&
        !add_cookies(field.value, selection, pieces)) {
      return false;
    }
  }
  pieces.sort();
  for (const Piece& piece : pieces.kept()) {
    if (!out.empty()) out.append("; ");
    out.append(piece.text);
  }
  return true;
}

}  // namespace atl::policy
