#include "control-plane/access/credentials.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::control {
namespace {

using Via = Credentials::Via;

TEST_CASE("credentials: a bearer token, else the session cookie") {
  const std::string longest(512, 'a');
  const std::string too_long = "Bearer " + longest + "a";
  struct Row {
    std::vector<http::Field> fields;
    Via via;
    std::string token;
  };
  const std::string bearer = "Bearer " + longest;
  for (const Row& row : std::vector<Row>{
           {{}, Via::Nothing, ""},
           {{{"Authorization", "Bearer abc"}}, Via::Header, "abc"},
           {{{"authorization", "bEaReR   a-._~+/9=="}}, Via::Header, "a-._~+/9=="},
           {{{"Authorization", bearer}}, Via::Header, longest},
           {{{"Authorization", "Basic abc"}}, Via::Nothing, ""},
           {{{"Cookie", "atoll_session=abc"}}, Via::Cookie, "abc"},
           {{{"Cookie", "a=b; atoll_session=abc; c"}}, Via::Cookie, "abc"},
           {{{"Cookie", "a=b"}, {"cookie", "atoll_session=x"}}, Via::Cookie, "x"},
           {{{"Cookie", "xatoll_session=abc"}}, Via::Nothing, ""},
           {{{"Cookie", "atoll_session="}}, Via::Nothing, ""},
           {{{"Cookie", "atoll_session=\"abc\""}}, Via::Nothing, ""},
           {{{"Cookie", "atoll_session=x"}, {"Authorization", "Bearer y"}}, Via::Header, "y"},
       }) {
    CAPTURE(row.fields.empty() ? "" : row.fields.front().value);
    const auto found = find_credentials(row.fields);
    REQUIRE(found);
    CHECK(found->via == row.via);
    CHECK(found->token == row.token);
  }
}

TEST_CASE("credentials: what is malformed is said to be") {
  const std::string too_long = "Bearer " + std::string(513, 'a');
  for (const std::vector<http::Field>& bad : std::vector<std::vector<http::Field>>{
           {{"Authorization", "Bearer"}},
           {{"Authorization", "Bearer "}},
           {{"Authorization", "Bearer a b"}},
           {{"Authorization", "Bearer ="}},
           {{"Authorization", "Bearer a=b"}},
           {{"Authorization", "Bearer \"a\""}},
           {{"Authorization", too_long}},
           {{"Authorization", "Bearer a"}, {"Authorization", "Bearer a"}},
       }) {
    CAPTURE(bad.front().value);
    CHECK_FALSE(find_credentials(bad));
  }
}

}  // namespace
}  // namespace atl::control
