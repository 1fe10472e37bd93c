#include "lib/http/letter_case.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::http {
namespace {

TEST_CASE("letter case: every byte at every place is what it is by itself") {
  for (size_t size = 1; size <= 18; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        std::string text(size, 'z');
        text[at] = c;
        std::string wanted = text;
        wanted[at] = to_lower(c);
        const bool upper = has_upper(text);
        make_lower(text.data(), text.size());
        if (upper != (to_lower(c) != c) || text != wanted) {
          CAPTURE(size);
          CAPTURE(at);
          CAPTURE(value);
          REQUIRE(upper == (to_lower(c) != c));
          REQUIRE(text == wanted);
        }
      }
    }
  }
  CHECK_FALSE(has_upper(""));
}

TEST_CASE("letter case: a name is the known one in any case, and no other is") {
  for (const std::string known : {"host", "connection", "content-length", "transfer-encoding"}) {
    std::string loud = known;
    for (char& c : loud) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    CHECK(same_name(known, known));
    CHECK(same_name(loud, known));
    CHECK_FALSE(same_name(known.substr(1), known));
    for (size_t at = 0; at < known.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string other = loud;
        other[at] = static_cast<char>(value);
        if (same_name(other, known) == equal_ignore_case(other, known)) continue;
        CAPTURE(other);
        REQUIRE(same_name(other, known) == equal_ignore_case(other, known));
      }
    }
  }
}

}  // namespace
}  // namespace atl::http
