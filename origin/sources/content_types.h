#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace atl::origin {

// File name extension to media type. Immutable once built; any thread.
class ContentTypes {
 public:
  // What the web needs, and over it the system's table (Debian: package media-types), if it is
  // there.
  static ContentTypes load(const std::string& system_table = "/etc/mime.types");

  // "application/octet-stream" when nothing better is known.
  std::string_view of(std::string_view path) const;

  // Lines `type ext ext ...`; `#` begins a comment.
  void add_table(std::string_view text);

 private:
  std::unordered_map<std::string, std::string> by_extension_;  // lower case
};

}  // namespace atl::origin
