// Any bytes as the file of tokens: what is accepted is written back as the same bytes, save for
// numbers with leading zeros. The first line is replaced by the right one too, so that the rest is
// reached without guessing a check sum.

#include <xxhash.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control-plane/access/token.h"

namespace {

void look(std::string_view bytes) {
  const auto tokens = atl::control::parse_tokens(bytes);
  if (!tokens) {
    if (tokens.error().empty()) std::abort();
    return;
  }
  if (tokens->size() > atl::control::kMostTokens) std::abort();
  const auto again = atl::control::parse_tokens(atl::control::format_tokens(*tokens));
  if (!again || *again != *tokens) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  look(all);
  const size_t end = all.find('\n');
  const std::string_view rest = end == std::string_view::npos ? all : all.substr(end + 1);
  char first[64];
  std::snprintf(first, sizeof first, "atoll tokens 1 %016llx\n",
                static_cast<unsigned long long>(XXH3_64bits(rest.data(), rest.size())));
  look(first + std::string(rest));
  return 0;
}
