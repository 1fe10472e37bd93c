#include "lib/crypto/hmac.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::crypto {
namespace {

TEST_CASE("hmac: the test cases of RFC 4231") {
  struct Row {
    std::string key;
    std::string message;
    const char* want;
  };
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting.push_back(c);
  for (const Row& row : {
           Row{std::string(20, '\x0b'), "Hi There",
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
           Row{"Jefe", "what do ya want for nothing?",
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
           Row{std::string(20, '\xaa'), std::string(50, '\xdd'),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
           Row{counting, std::string(50, '\xcd'),
               "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
           Row{std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
       }) {
    CAPTURE(row.message);
    const HmacSha256 hmac(row.key);
    CHECK(to_hex(hmac.of(row.message)) == row.want);
    const HmacSha256 copy = hmac;  // NOLINT: that copies work is the point
    CHECK(to_hex(copy.of(row.message)) == row.want);
  }
}

}  // namespace
}  // namespace atl::crypto
