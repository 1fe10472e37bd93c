#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <string_view>

#include "lib/http/chars.h"

// Where a run of bytes of one class ends: sixteen bytes a step where there is SSE2 (every x86-64),
// one a step elsewhere and in shorter inputs. Nothing is read outside [begin, end).
namespace atl::http {

namespace detail {

#ifdef __SSE2__
// 0xff for each byte within [low, high].
inline __m128i within(__m128i bytes, char low, char high) {
  const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(static_cast<char>(high - low))), above);
}
inline __m128i is(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
#endif

}  // namespace detail

// A class says of one byte whether it belongs, and of sixteen at once which are among those that
// are common: what is not is looked at alone.
struct TokenChars {
  static constexpr bool has(char c) { return is_token_char(c); }
#ifdef __SSE2__
  static __m128i common(__m128i bytes) {
    using namespace detail;
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    return _mm_or_si128(_mm_or_si128(within(lower, 'a', 'z'), within(bytes, '0', '9')),
                        is(bytes, '-'));
  }
#endif
};

struct FieldValueChars {
  static constexpr bool has(char c) { return is_field_value_char(c); }
#ifdef __SSE2__
  static __m128i common(__m128i bytes) {
    const __m128i printable = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes);
    return _mm_andnot_si128(detail::is(bytes, 0x7f), printable);
  }
#endif
};

// RFC 9112 section 3: what a request line is made of, visible ASCII and the blank.
struct LineChars {
  static constexpr bool has(char c) { return c >= 0x20 && c < 0x7f; }
#ifdef __SSE2__
  static __m128i common(__m128i bytes) { return detail::within(bytes, 0x20, 0x7e); }
#endif
};

// Section 3.2: no blank, and no fragment.
struct TargetChars {
  static constexpr bool has(char c) { return c > 0x20 && c < 0x7f && c != '#'; }
#ifdef __SSE2__
  static __m128i common(__m128i bytes) {
    return _mm_andnot_si128(detail::is(bytes, '#'), detail::within(bytes, 0x21, 0x7e));
  }
#endif
};

// The first byte of [p, end) that is not one of `Chars`; `end` if all are. What lies between
// `begin` and `p` may be read too: the last bytes of an input are looked at together with some
// before them.
template <class Chars>
[[gnu::always_inline]] inline const char* skip(const char* begin, const char* p, const char* end) {
#ifdef __SSE2__
  if (end - begin >= 16) {
    while (p != end) {
      const char* const from = end - p >= 16 ? p : end - 16;
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      const auto common = static_cast<uint32_t>(_mm_movemask_epi8(Chars::common(bytes)));
      const uint32_t others = (common ^ 0xffffU) >> (p - from);
      if (others == 0) {
        p = from + 16;
        continue;
      }
      p += std::countr_zero(others);
      if (!Chars::has(*p)) return p;
      ++p;
    }
    return end;
  }
#endif
  while (p < end && Chars::has(*p)) ++p;
  return p;
}

template <class Chars>
bool consists_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skip<Chars>(text.data(), text.data(), end) == end;
}

}  // namespace atl::http
