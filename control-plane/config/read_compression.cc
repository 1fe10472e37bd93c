#include "control-plane/config/read_compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

namespace atl::control {
namespace {

using config::Section;

constexpr std::array<std::string_view, 3> kCodings{"br", "zstd", "gzip"};
constexpr size_t kMostTypes = 64;

// What browsers load and compression helps; images, video and archives are compressed already.
const std::vector<std::string>& default_types() {
  static const std::vector<std::string> types{
      "text/*",
      "application/javascript",
      "application/json",
      "application/ld+json",
      "application/manifest+json",
      "application/geo+json",
      "application/xml",
      "application/xhtml+xml",
      "application/rss+xml",
      "application/atom+xml",
      "application/wasm",
      "application/vnd.ms-fontobject",
      "font/otf",
      "font/ttf",
      "image/svg+xml",
  };
  return types;
}

bool is_type(std::string_view type) {
  const size_t slash = type.find('/');
  return slash != 0 && slash != std::string_view::npos && slash + 1 < type.size() &&
         type.find('/', slash + 1) == std::string_view::npos &&
         std::all_of(type.begin(), type.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != ';' && c != ','; }) &&
         std::min(type.find('*'), type.size() - 1) == type.size() - 1;
}

void check_codings(Section& section, const std::vector<std::string>& codings) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < codings.size(); ++i) {
    if (std::find(kCodings.begin(), kCodings.end(), codings[i]) == kCodings.end()) {
      section.problem("codings", fmt::format("\"{}\" is no coding that can be made: write \"br\", "
                                             "\"zstd\" or \"gzip\"",
                                             codings[i]));
    } else if (!seen.insert(codings[i]).second) {
      section.problem("codings", fmt::format("\"{}\" is listed twice: remove one", codings[i]));
    }
  }
}

}  // namespace

Compression read_compression(Section section) {
  Compression compression;
  compression.codings = section.strings("codings", {});
  check_codings(section, compression.codings);
  compression.types = section.strings("types", default_types());
  for (std::string& type : compression.types) {
    for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (!is_type(type)) {
      section.problem("types", fmt::format("\"{}\" is not a media type: write one such as "
                                           "\"application/json\" or \"text/*\"",
                                           type));
    }
  }
  if (compression.types.size() > kMostTypes) {
    section.problem("types", fmt::format("has more than {} types", kMostTypes));
  }
  compression.min_size = section.bytes("min_size", compression.min_size);
  compression.max_size = section.bytes("max_size", compression.max_size);
  if (compression.min_size.count > compression.max_size.count) {
    section.problem("min_size", "is larger than max_size: lower it or raise max_size");
  }
  if (section.present() && compression.codings.empty()) {
    section.problem("codings",
                    "is missing or empty, so nothing is compressed: write such as codings "
                    "= [\"br\", \"zstd\", \"gzip\"], or remove the table");
  }
  return compression;
}

}  // namespace atl::control
