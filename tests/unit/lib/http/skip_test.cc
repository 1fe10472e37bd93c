#include "lib/http/skip.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>

namespace atl::http {
namespace {

// At the very end of an allocation, so that a sanitizer sees a read behind it.
struct Exact {
  explicit Exact(const std::string& text)
      : bytes(std::make_unique_for_overwrite<char[]>(text.size())), size(text.size()) {
    text.copy(bytes.get(), size);
  }
  const char* begin() const { return bytes.get(); }
  const char* end() const { return bytes.get() + size; }
  std::unique_ptr<char[]> bytes;
  size_t size;
};

// Each byte at each place among others of the class, in texts around one and two steps of sixteen.
template <class Chars>
void check_every_byte_at_every_place(char usual) {
  for (size_t size = 1; size <= 36; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        std::string text(size, usual);
        text[at] = c;
        const Exact exact(text);
        const size_t wanted = Chars::has(c) ? size : at;
        for (const size_t from : {size_t{0}, at / 2, at}) {
          const char* end = skip<Chars>(exact.begin(), exact.begin() + from, exact.end());
          const auto found = static_cast<size_t>(end - exact.begin());
          if (found == wanted) continue;
          CAPTURE(size);
          CAPTURE(at);
          CAPTURE(from);
          CAPTURE(value);
          REQUIRE(found == wanted);
        }
        if (consists_of<Chars>(text) != Chars::has(c)) {
          CAPTURE(value);
          REQUIRE(consists_of<Chars>(text) == Chars::has(c));
        }
      }
    }
  }
  const Exact none("");
  CHECK(skip<Chars>(none.begin(), none.begin(), none.end()) == none.end());
}

TEST_CASE("skip: a run ends at the first byte that is not of its class, wherever that is") {
  check_every_byte_at_every_place<TokenChars>('a');
  check_every_byte_at_every_place<TokenChars>('_');
  check_every_byte_at_every_place<FieldValueChars>('v');
  check_every_byte_at_every_place<FieldValueChars>('\t');
  check_every_byte_at_every_place<LineChars>(' ');
  check_every_byte_at_every_place<TargetChars>('/');
}

TEST_CASE("skip: the classes are those of the grammar") {
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    CAPTURE(value);
    CHECK(TokenChars::has(c) == is_token_char(c));
    CHECK(FieldValueChars::has(c) == (value == '\t' || (value >= 0x20 && value != 0x7f)));
    CHECK(LineChars::has(c) == (value >= 0x20 && value <= 0x7e));
    CHECK(TargetChars::has(c) == (value >= 0x21 && value <= 0x7e && value != '#'));
  }
}

}  // namespace
}  // namespace atl::http
