#include "edge/policy/request_shape.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::policy {
namespace {

using enum Selection::Mode;

std::string lines(http::Fields fields) {
  std::string out;
  for (const http::Field& field : fields) {
    out.append(field.name).append("=").append(field.value).append("|");
  }
  return out;
}

TEST_CASE("request shape: a policy that asks for nothing leaves the request alone") {
  RequestShape shape;
  http::RequestHead head;
  head.path_and_query = "/p?b&a";
  CHECK(shape.make(head, {}, "") == RequestShape::Outcome::AsIs);
  KeyPolicy policy;
  policy.headers = {"X-Tenant"};
  CHECK(shape.make(head, policy, "") == RequestShape::Outcome::AsIs);
}

TEST_CASE("request shape: query, host, cookies and device, each for itself") {
  const std::vector<http::Field> fields{
      {"Host", "b.example"},
      {"User-Agent", "iPhone"},
      {"Cookie", "x=1; s=2"},
      {"CloudFront-Is-Mobile-Viewer", "false"},
      {"cloudfront-is-desktop-viewer", "true"},
  };
  http::RequestHead head;
  head.path_and_query = "/p?b&a";
  head.authority = "b.example";
  head.fields = fields;

  RequestShape shape;
  KeyPolicy policy;
  policy.query.mode = All;
  REQUIRE(shape.make(head, policy, "") == RequestShape::Outcome::Shaped);
  CHECK(shape.head().path_and_query == "/p?a&b");
  CHECK(shape.head().authority == "b.example");
  CHECK(lines(shape.head().fields) == lines(fields));

  REQUIRE(shape.make(head, {}, "a.example") == RequestShape::Outcome::Shaped);
  CHECK(shape.head().path_and_query == "/p?b&a");
  CHECK(shape.head().authority == "a.example");

  policy = {};
  policy.cookies = {Allow, NameList({"s"})};
  REQUIRE(shape.make(head, policy, "") == RequestShape::Outcome::Shaped);
  CHECK(lines(shape.head().fields) ==
        "Host=b.example|User-Agent=iPhone|CloudFront-Is-Mobile-Viewer=false|"
        "cloudfront-is-desktop-viewer=true|Cookie=s=2|");
  policy.cookies = {None, {}};
  REQUIRE(shape.make(head, policy, "") == RequestShape::Outcome::Shaped);
  CHECK(lines(shape.head().fields).find("Cookie") == std::string::npos);

  // What the client says of its own class is not believed.
  policy = {};
  policy.device = true;
  REQUIRE(shape.make(head, policy, "") == RequestShape::Outcome::Shaped);
  CHECK(lines(shape.head().fields) ==
        "Host=b.example|User-Agent=iPhone|Cookie=x=1; s=2|CloudFront-Is-Desktop-Viewer=false|"
        "CloudFront-Is-Mobile-Viewer=true|CloudFront-Is-Tablet-Viewer=false|");
}

TEST_CASE("request shape: Accept-Encoding becomes the one coding that is used") {
  RequestShape shape;
  KeyPolicy policy;
  policy.codings = {Coding::Brotli, Coding::Gzip};
  struct Row {
    std::vector<http::Field> fields;
    const char* want;
  };
  for (const Row& row : {
           Row{{}, "Accept-Encoding=identity|"},
           Row{{{"accept-encoding", "gzip, deflate, br"}}, "Accept-Encoding=br|"},
           Row{{{"Accept-Encoding", "gzip"}, {"Accept-Encoding", "zstd"}}, "Accept-Encoding=gzip|"},
           Row{{{"Accept-Encoding", "br"}, {"Cache-Control", "no-transform"}},
               "Cache-Control=no-transform|Accept-Encoding=identity|"},
       }) {
    http::RequestHead head;
    head.fields = row.fields;
    REQUIRE(shape.make(head, policy, "") == RequestShape::Outcome::Shaped);
    CHECK(lines(shape.head().fields) == row.want);
  }
}

TEST_CASE("request shape: the place is what the address says, whatever the client claims") {
  struct Row {
    PlaceLevel level;
    ViewerPlace place;
    const char* want;
  };
  for (const Row& row : {
           Row{PlaceLevel::Country, {"DE", "Berlin"}, "A=1|CloudFront-Viewer-Country=DE|"},
           Row{PlaceLevel::City,
               {"CZ", "Plze\xc5\x88"},
               "A=1|CloudFront-Viewer-Country=CZ|CloudFront-Viewer-City=Plze\xc5\x88|"},
           Row{PlaceLevel::City, {"DE", ""}, "A=1|CloudFront-Viewer-Country=DE|"},
           Row{PlaceLevel::City, {"", "a\r\nB: c"}, "A=1|"},
       }) {
    CAPTURE(row.want);
    RequestShape shape;
    KeyPolicy policy;
    policy.place = row.level;
    const std::vector<http::Field> fields{
        {"cloudfront-viewer-country", "XX"}, {"A", "1"}, {"CloudFront-Viewer-City", "Nowhere"}};
    http::RequestHead head;
    head.fields = fields;
    REQUIRE(shape.make(head, policy, "", row.place) == RequestShape::Outcome::Shaped);
    CHECK(lines(shape.head().fields) == row.want);
  }
}

TEST_CASE("request shape: what is too much is said") {
  std::string many;
  for (size_t i = 0; i <= Pieces::kMost; ++i) many += "a&";
  std::string cookies;
  for (size_t i = 0; i <= Pieces::kMost; ++i) cookies += "a;";
  const std::vector<http::Field> fields{{"Cookie", cookies}};
  const std::string target = "/?" + many;
  http::RequestHead head;
  head.path_and_query = target;
  head.fields = fields;
  RequestShape shape;
  KeyPolicy policy;
  policy.query.mode = All;
  CHECK(shape.make(head, policy, "") == RequestShape::Outcome::TooManyParameters);
  policy.query.mode = None;
  policy.cookies.mode = All;
  CHECK(shape.make(head, policy, "") == RequestShape::Outcome::TooManyCookies);
}

TEST_CASE("key policy: what goes into the variant key") {
  KeyPolicy policy;
  CHECK(policy.vary().empty());
  policy.headers = {"X-Tenant", "Accept"};
  CHECK(policy.vary() == "X-Tenant,Accept");
  policy.cookies.mode = None;
  CHECK(policy.vary() == "X-Tenant,Accept");
  policy.cookies.mode = All;
  policy.device = true;
  CHECK(policy.vary() ==
        "X-Tenant,Accept,Cookie,CloudFront-Is-Desktop-Viewer,CloudFront-Is-Mobile-Viewer,"
        "CloudFront-Is-Tablet-Viewer");
}

}  // namespace
}  // namespace atl::policy
