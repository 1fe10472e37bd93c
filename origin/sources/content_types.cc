#include "origin/sources/content_types.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include "lib/http/chars.h"

namespace atl::origin {
namespace {

constexpr std::string_view kBuiltIn = R"(
text/html html htm
text/css css
text/plain txt text log md
text/javascript js mjs
text/csv csv
text/xml xml
application/json json map
application/manifest+json webmanifest
application/pdf pdf
application/wasm wasm
application/zip zip
application/gzip gz
application/atom+xml atom
application/xhtml+xml xhtml xht
image/png png
image/jpeg jpg jpeg
image/gif gif
image/svg+xml svg
image/webp webp
image/avif avif
image/vnd.microsoft.icon ico
font/woff woff
font/woff2 woff2
font/ttf ttf
font/otf otf
audio/mpeg mp3
audio/ogg ogg oga
video/mp4 mp4
video/webm webm
)";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

bool is_media_type(std::string_view type) {
  const size_t slash = type.find('/');
  return slash != std::string_view::npos && http::is_token(type.substr(0, slash)) &&
         http::is_token(type.substr(slash + 1));
}

}  // namespace

ContentTypes ContentTypes::load(const std::string& system_table) {
  ContentTypes types;
  std::ifstream file(system_table);
  if (file) types.add_table(std::string(std::istreambuf_iterator<char>(file), {}));
  types.add_table(kBuiltIn);  // wins: what browsers expect rather than what was once registered
  return types;
}

void ContentTypes::add_table(std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string type;
    if (!(words >> type) || !is_media_type(type)) continue;
    for (std::string extension; words >> extension;) by_extension_[lower(extension)] = type;
  }
}

std::string_view ContentTypes::of(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < name.size()) {
    const auto it = by_extension_.find(lower(name.substr(dot + 1)));
    if (it != by_extension_.end()) return it->second;
  }
  return "application/octet-stream";
}

}  // namespace atl::origin
