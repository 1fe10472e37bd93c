#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "lib/http/field.h"

namespace atl::cache {

// A variant key is what a stored response remembers of the request that produced it (RFC 9111
// section 4.1): the selecting field names in lower case, sorted, and this request's normalised
// values.
//
//   names "accept-encoding,accept-language" NUL (0x01 value)? NUL (0x01 value)? NUL ...
//
// A field that is absent has no 0x01; it matches only requests where it is absent too. Empty for a
// response without Vary. Normalising means what section 4.1 allows: field lines of one name are
// joined, whitespace around list members and empty members are dropped. For Accept-Encoding,
// Accept-Language and Accept-Charset also: letters are lowered, spaces around ";" and a weight of 1
// are dropped, and members are sorted, for their order means nothing (RFC 9110 section 12.5.4: that
// of languages "cannot be relied upon"). Fields with a syntax of their own that is no list (Cookie,
// Authorization, User-Agent, Referer, Origin) are taken as they are.
inline constexpr size_t kMaxVariantKey = 4096;
inline constexpr size_t kMaxVaryNames = 32;

// Room for one key, on the stack: find() must not allocate.
class VariantKey {
 public:
  std::string_view bytes() const { return {buffer_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  friend class VariantKeyWriter;
  std::array<char, kMaxVariantKey> buffer_;
  size_t size_ = 0;
};

enum class VaryOutcome : unsigned char {
  Ok,
  Star,      // "*" (or a malformed Vary, which is read as one): no request ever matches
  TooLarge,  // more than kMaxVaryNames names, or a key above kMaxVariantKey bytes
};

// The variant key of a response to a request. `also`: more names, in the syntax of Vary.
VaryOutcome make_variant_key(http::Fields request, http::Fields response, VariantKey& out,
                             std::string_view also = {});

// The names part of a stored variant key, comma-separated.
std::string_view variant_names(std::string_view variant_key);

// Whether a stored variant key belongs to this request. Never allocates.
bool matches_variant(std::string_view variant_key, http::Fields request);

// The key of `request` under the names of a stored one; false when it does not fit, which means
// that it cannot be stored and so matches nothing. Lets a lookup over many variants with the same
// names normalise the request once.
bool make_key_for_names(std::string_view names, http::Fields request, VariantKey& out);

}  // namespace atl::cache
