#include "deploy/cli/replay/cache_status.h"

namespace atl::cli {
namespace {

// Cuts `text` at the first `separator` that is not inside a quoted string (RFC 8941 section 3.3.3);
// the rest stays in `text`.
std::string_view cut(std::string_view& text, char separator) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == separator) {
      const std::string_view piece = text.substr(0, i);
      text.remove_prefix(i + 1);
      return piece;
    }
  }
  const std::string_view piece = text;
  text = {};
  return piece;
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Answered read_member(std::string_view member) {
  bool hit = false;
  bool forwarded = false;
  bool confirmed = false;
  bool collapsed = false;
  cut(member, ';');  // the cache's name
  while (!member.empty()) {
    const std::string_view parameter = trim(cut(member, ';'));
    if (parameter == "hit" || parameter == "hit=?1") hit = true;
    if (parameter.starts_with("fwd=")) forwarded = true;
    if (parameter == "fwd-status=304") confirmed = true;
    if (parameter == "collapsed" || parameter == "collapsed=?1") collapsed = true;
  }
  if (hit && !forwarded) return Answered::Hit;
  if (!forwarded) return Answered::Unknown;
  if (confirmed) return Answered::Revalidated;
  return collapsed ? Answered::Collapsed : Answered::Forwarded;
}

}  // namespace

Answered read_cache_status(std::string_view value, Answered before) {
  Answered last = before;
  while (!value.empty()) {
    const std::string_view member = trim(cut(value, ','));
    if (!member.empty()) last = read_member(member);
  }
  return last;
}

}  // namespace atl::cli
