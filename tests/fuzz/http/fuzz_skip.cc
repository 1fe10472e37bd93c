// Runs of bytes found sixteen at a time, held against one byte at a time, from every place.

#include <cstdint>

#include "lib/base/check.h"
#include "lib/http/skip.h"

namespace atl::http {
namespace {

template <class Chars>
void compare(const char* begin, const char* end) {
  for (const char* from = begin; from != end; ++from) {
    const char* plain = from;
    while (plain != end && Chars::has(*plain)) ++plain;
    ATOLL_CHECK(skip<Chars>(from, from, end) == plain);
    ATOLL_CHECK(skip<Chars>(begin, from, end) == plain);
  }
}

}  // namespace
}  // namespace atl::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 512) return 0;
  const char* begin = reinterpret_cast<const char*>(data);
  atl::http::compare<atl::http::TokenChars>(begin, begin + size);
  atl::http::compare<atl::http::FieldValueChars>(begin, begin + size);
  atl::http::compare<atl::http::LineChars>(begin, begin + size);
  atl::http::compare<atl::http::TargetChars>(begin, begin + size);
  return 0;
}
