// Accept-Encoding: a line for each field.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/policy/coding.h"
#include "lib/base/check.h"
#include "lib/http/chars.h"

using namespace atl;
using namespace atl::policy;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<http::Field> fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    fields.push_back({"Accept-Encoding", http::trim_ows(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  constexpr std::array kOffered{Coding::Brotli, Coding::Zstd, Coding::Gzip};
  const Coding chosen = choose_coding(fields, kOffered);
  // What is chosen is chosen again from its own name, and is not chosen when it is not offered.
  const std::vector<http::Field> own{{"Accept-Encoding", token_of(chosen)}};
  ATOLL_CHECK(choose_coding(own, kOffered) == chosen);
  for (const Coding coding : kOffered) {
    const Coding only = choose_coding(fields, std::array{coding});
    ATOLL_CHECK(only == coding || only == Coding::Identity);
    ATOLL_CHECK(coding != chosen || only == coding);
  }
  return 0;
}
