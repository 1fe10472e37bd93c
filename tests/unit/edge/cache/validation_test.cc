#include "edge/cache/validation.h"

#include <doctest/doctest.h>

#include <string>

#include "edge/cache/head.h"
#include "tests/unit/edge/cache/support.h"

using namespace std::chrono_literals;
using atl::cache::compare_head;
using atl::cache::evaluate_preconditions;
using atl::cache::freshen;
using atl::cache::Freshened;
using atl::cache::HeadEffect;
using atl::cache::Precondition;
using atl::cache::StoredView;
using atl::cache::testing::get;
using atl::cache::testing::kNow;
using atl::cache::testing::response;
using atl::cache::testing::Section;

TEST_CASE("validation: entity tags (RFC 9110 section 8.8.3)") {
  for (const char* tag :
       {"\"\"", "\"x\"", "W/\"x\"", "W/\"\"", "\"a,b\"", "\"\xfc\"", "\"!#~\"", "\"W/\""}) {
    CAPTURE(std::string(tag));
    CHECK(atl::cache::is_entity_tag(tag));
  }
  for (const char* tag : {"", "x", "\"x", "x\"", "w/\"x\"", "W\"x\"", "W\\\"x\"", "'x'", "\"a b\"",
                          "\"\x7f\"", "\"x\"y", "W/", "W/x", "\"x\" "}) {
    CAPTURE(std::string(tag));
    CHECK_FALSE(atl::cache::is_entity_tag(tag));
  }
}

TEST_CASE("validation: weak and strong comparison (RFC 9110 section 8.8.3.2)") {
  struct Row {
    const char* a;
    const char* b;
    bool weak;
    bool strong;
  };
  for (const Row& row : {
           Row{"W/\"1\"", "W/\"1\"", true, false},
           Row{"W/\"1\"", "W/\"2\"", false, false},
           Row{"W/\"1\"", "\"1\"", true, false},
           Row{"\"1\"", "\"1\"", true, true},
           Row{"\"1\"", "\"2\"", false, false},
           Row{"1", "1", false, false},
           Row{"", "", false, false},
       }) {
    CAPTURE(std::string(row.a));
    CAPTURE(std::string(row.b));
    CHECK(atl::cache::weak_equal(row.a, row.b) == row.weak);
    CHECK(atl::cache::strong_equal(row.a, row.b) == row.strong);
    CHECK(atl::cache::weak_equal(row.b, row.a) == row.weak);
  }
}

TEST_CASE("validation: a client's preconditions against a stored 200 (RFC 9111 section 4.3.2)") {
  struct Row {
    const char* request;
    const char* etag;
    const char* modified;
    bool not_modified;
  };
  const char* lm = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const Row& row : {
           Row{"", "\"x\"", lm, false},
           Row{"If-None-Match: \"x\"", "\"x\"", "", true},
           Row{"If-None-Match: W/\"x\"", "\"x\"", "", true},
           Row{"If-None-Match: \"x\"", "W/\"x\"", "", true},
           Row{"If-None-Match: W/\"x\"", "W/\"x\"", "", true},
           Row{"If-None-Match: \"y\"", "\"x\"", "", false},
           Row{"If-None-Match: \"x\", \"y\", \"z\"", "\"x\"", "", true},
           Row{"If-None-Match: \"a\", \"x\", \"z\"", "\"x\"", "", true},
           Row{"If-None-Match: \"a\",\"b\",\"x\"", "\"x\"", "", true},
           Row{"If-None-Match: \"a\"\nIf-None-Match: \"x\"", "\"x\"", "", true},
           Row{"If-None-Match: ,, \"x\" ,", "\"x\"", "", true},
           Row{"If-None-Match: \"a,x\"", "\"x\"", "", false},
           Row{"If-None-Match: \"a,x\"", "\"a,x\"", "", true},
           Row{"If-None-Match: \"\xfc\"", "\"\xfc\"", "", true},
           Row{"If-None-Match: *", "\"x\"", "", true},
           Row{"If-None-Match: *", "", "", true},
           Row{"If-None-Match: \"*\"", "\"x\"", "", false},
           Row{"If-None-Match: x", "\"x\"", "", false},
           Row{"If-None-Match: x", "x", "", false},
           Row{"If-None-Match: w/\"x\"", "\"x\"", "", false},
           Row{"If-None-Match: \"x\" \"y\"", "\"x\"", "", false},
           Row{"If-None-Match: \"x", "\"x\"", "", false},
           Row{"If-None-Match: \"x\"", "", "", false},
           Row{"If-None-Match:", "\"x\"", "", false},
           // If-Modified-Since, only without If-None-Match
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "", lm, true},
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT", "", lm, true},
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", "", lm, false},
           Row{"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT", "", lm, true},
           Row{"If-Modified-Since: Sun Nov  6 08:49:37 1994", "", lm, true},
           Row{"If-Modified-Since: nonsense", "", lm, false},
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\nIf-Modified-Since: x", "", lm,
               false},
           Row{"If-None-Match: \"y\"\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "\"x\"",
               lm, false},
           Row{"If-None-Match: \"x\"\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:00 GMT", "\"x\"",
               lm, true},
           Row{"If-None-Match:\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "\"x\"", lm,
               false},
           // without Last-Modified: Date, here 08:50:00, then the moment of receipt
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:50:00 GMT", "", "", true},
           Row{"If-Modified-Since: Sun, 06 Nov 1994 08:49:59 GMT", "", "", false},
           // not for a cache to evaluate
           Row{"If-Match: \"y\"", "\"x\"", lm, false},
           Row{"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:00 GMT", "\"x\"", lm, false},
       }) {
    CAPTURE(std::string(row.request));
    CAPTURE(std::string(row.etag));
    const Section fields(row.request);
    const StoredView stored{.status = 200,
                            .etag = row.etag,
                            .last_modified = row.modified,
                            .date = "Sun, 06 Nov 1994 08:50:00 GMT",
                            .response_time = kNow};
    CHECK((evaluate_preconditions(get(fields), stored) == Precondition::NotModified) ==
          row.not_modified);
  }
}

TEST_CASE("validation: preconditions have no meaning elsewhere") {
  const Section fields("If-None-Match: *");
  CHECK(evaluate_preconditions(get(fields), {.status = 404}) == Precondition::Proceed);
  CHECK(evaluate_preconditions(get(fields), {.status = 301}) == Precondition::Proceed);
  auto request = get(fields);
  request.method = "HEAD";
  CHECK(evaluate_preconditions(request, {.status = 200}) == Precondition::NotModified);
  request.method = "POST";
  CHECK(evaluate_preconditions(request, {.status = 200}) == Precondition::Proceed);
  const Section since("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(evaluate_preconditions(get(since), {.status = 200, .response_time = kNow}) ==
        Precondition::NotModified);
  CHECK(evaluate_preconditions(get(since), {.status = 200, .response_time = kNow + 1s}) ==
        Precondition::Proceed);
}

TEST_CASE("validation: what a revalidation asks with (section 4.3.1)") {
  struct Row {
    const char* head;
    const char* none_match;
    const char* since;
  };
  for (const Row& row : {
           Row{"HTTP/1.1 200 OK\r\n", "", ""},
           Row{"HTTP/1.1 200 OK\r\nETag: \"x\"\r\n", "\"x\"", ""},
           Row{"HTTP/1.1 200 OK\r\nETag: W/\"x\"\r\n", "W/\"x\"", ""},
           Row{"HTTP/1.1 200 OK\r\nETag: x\r\n", "", ""},
           Row{"HTTP/1.1 200 OK\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "",
               "Sun, 06 Nov 1994 08:49:37 GMT"},
           Row{"HTTP/1.1 200 OK\r\nLast-Modified: 0\r\nETag: \"x\"\r\n", "\"x\"", ""},
       }) {
    CAPTURE(std::string(row.head));
    const auto asked = atl::cache::conditional_for(row.head);
    CHECK(asked.if_none_match == row.none_match);
    CHECK(asked.if_modified_since == row.since);
    CHECK(asked.empty() == (asked.if_none_match.empty() && asked.if_modified_since.empty()));
  }
  CHECK(atl::cache::is_client_precondition("If-None-match"));
  CHECK(atl::cache::is_client_precondition("RANGE"));
  CHECK_FALSE(atl::cache::is_client_precondition("Accept"));
}

TEST_CASE("validation: a 304 updates the stored fields (section 3.2)") {
  const char* stored =
      "HTTP/1.1 200 Fine\r\nDate: Sun, 06 Nov 1994 08:00:00 GMT\r\nETag: \"x\"\r\nA: 1\r\nA: 2\r\n"
      "Content-Encoding: gzip\r\nVia: 1.1 origin\r\nVia: 1.1 atoll-fra\r\n";
  const std::string kept =
      "ETag: \"x\"\nContent-Encoding: gzip\nVia: 1.1 origin\nVia: 1.1 atoll-fra\n";
  const std::string with_a =
      "ETag: \"x\"\nA: 1\nA: 2\nContent-Encoding: gzip\nVia: 1.1 origin\nVia: 1.1 atoll-fra\n";
  const std::string now = "Date: Sun, 06 Nov 1994 08:49:37 GMT\n";
  const std::string no_etag =
      "A: 1\nA: 2\nContent-Encoding: gzip\nVia: 1.1 origin\nVia: 1.1 atoll-fra\n";
  struct Case {
    std::string not_modified;
    std::string want;  // stored fields afterwards
  };
  for (const Case& row : {
           Case{"", with_a + now},
           Case{"Date: Sun, 06 Nov 1994 08:49:30 GMT",
                with_a + "Date: Sun, 06 Nov 1994 08:49:30 GMT\n"},
           Case{"ETag: \"x\"", no_etag + "ETag: \"x\"\n" + now},
           Case{"A: 3", kept + "A: 3\n" + now},
           Case{"a: 3\na: 4", kept + "a: 3\na: 4\n" + now},
           Case{"B: 5", with_a + "B: 5\n" + now},
           Case{"Cache-Control: max-age=9", with_a + "Cache-Control: max-age=9\n" + now},
           Case{"Content-Type: text/html", with_a + "Content-Type: text/html\n" + now},
           Case{"Set-Cookie: a=b", with_a + "Set-Cookie: a=b\n" + now},
           // what describes the stored bytes stays
           Case{"Content-Length: 10", with_a + now},
           Case{"Content-Encoding: br", with_a + now},
           Case{"Content-Range: bytes 0-1/2", with_a + now},
           // and what concerns the connection is not stored
           Case{"Connection: B\nB: 5\nKeep-Alive: x", with_a + now},
           Case{"Transfer-Encoding: chunked\nAge: 7\nProxy-Authenticate: x", with_a + now},
           // a new Via takes the place of the old one, and ours goes behind it again
           Case{"Via: 1.1 other",
                "ETag: \"x\"\nA: 1\nA: 2\nContent-Encoding: gzip\nVia: 1.1 other\n" + now +
                    "Via: 1.1 atoll-fra\n"},
       }) {
    CAPTURE(std::string(row.not_modified));
    const Section fields(row.not_modified.c_str());
    const Freshened out = freshen({.stored_head = stored,
                                   .not_modified = fields,
                                   .request_time = kNow,
                                   .response_time = kNow,
                                   .via = "atoll-fra"},
                                  {});
    REQUIRE(out.applies);
    CHECK(out.keep);
    std::vector<atl::http::Field> after;
    atl::cache::read_head(out.head, after);
    std::string told;
    for (const auto& field : after) {
      told.append(field.name).append(": ").append(field.value).append("\n");
    }
    CHECK(told == row.want);
    CHECK(out.head.starts_with("HTTP/1.1 200 Fine\r\n"));
  }
}

TEST_CASE("validation: which 304 speaks of the stored response (section 4.3.4)") {
  struct Row {
    const char* stored;
    const char* not_modified;
    bool applies;
  };
  for (const Row& row : {
           Row{"ETag: \"x\"\r\n", "ETag: \"x\"", true},
           Row{"ETag: \"x\"\r\n", "ETag: \"y\"", false},
           Row{"ETag: \"x\"\r\n", "ETag: W/\"x\"", true},
           Row{"ETag: \"x\"\r\n", "", true},
           Row{"ETag: \"x\"\r\n", "ETag: x", true},  // no validator: taken as an answer to ours
           Row{"", "", true},
           Row{"", "ETag: \"x\"", false},  // a strong one that nothing stored has
           Row{"", "ETag: W/\"x\"", true},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
               "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nETag: \"x\"", false},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
               "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", true},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
               "Last-Modified: Sunday, 06-Nov-94 08:49:37 GMT", true},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
               "Last-Modified: Sun, 06 Nov 1994 08:49:38 GMT", false},
           Row{"ETag: \"x\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
               "ETag: \"x\"\nLast-Modified: Sun, 06 Nov 1994 08:49:38 GMT", true},
       }) {
    CAPTURE(std::string(row.stored));
    CAPTURE(std::string(row.not_modified));
    const std::string head = std::string("HTTP/1.1 200 OK\r\n") + row.stored;
    const Section fields(row.not_modified);
    CHECK(
        freshen({.stored_head = head, .not_modified = fields, .response_time = kNow}, {}).applies ==
        row.applies);
  }
}

TEST_CASE("validation: a 304 starts a new lifetime, judged by the merged fields") {
  struct Row {
    const char* stored;
    const char* not_modified;
    uint32_t lifetime;
    uint32_t age;
    bool keep;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=60\r\nDate: Sun, 06 Nov 1994 07:00:00 GMT\r\n", "", 60, 0,
               true},
           Row{"Cache-Control: max-age=60\r\n", "Cache-Control: max-age=5\nAge: 3", 5, 3, true},
           Row{"Cache-Control: max-age=60\r\n", "Cache-Control: no-store", 0, 0, false},
           Row{"Cache-Control: max-age=60\r\n", "Cache-Control: private", 0, 0, false},
           Row{"Atoll-Cache-Control: max-age=60\r\n", "Cache-Control: no-store", 60, 0, true},
           // it is filed under what the first Vary named
           Row{"Cache-Control: max-age=60\r\nVary: A, B\r\n", "Vary: b,a", 60, 0, true},
           Row{"Cache-Control: max-age=60\r\nVary: A\r\n", "Vary: A, B", 60, 0, false},
           Row{"Cache-Control: max-age=60\r\n", "Vary: A", 60, 0, false},
           Row{"Cache-Control: max-age=60\r\nVary: A\r\n", "Vary: *", 60, 0, false},
           Row{"Expires: Sun, 06 Nov 1994 08:00:00 GMT\r\n",
               "Expires: Sun, 06 Nov 1994 08:50:37 GMT", 60, 0, true},
       }) {
    CAPTURE(std::string(row.stored));
    CAPTURE(std::string(row.not_modified));
    const std::string head = std::string("HTTP/1.1 200 OK\r\n") + row.stored;
    const Section fields(row.not_modified);
    const auto out = freshen(
        {.stored_head = head, .not_modified = fields, .request_time = kNow, .response_time = kNow},
        {});
    REQUIRE(out.applies);
    CHECK(out.meta.lifetime == row.lifetime);
    CHECK(out.meta.corrected_initial_age == row.age);
    CHECK(out.keep == row.keep);
    CHECK(out.head.find("Age") == std::string::npos);
  }
}

TEST_CASE("validation: a HEAD response against a stored GET response (section 4.3.5)") {
  struct Row {
    const char* stored;
    uint16_t status;
    const char* fields;
    HeadEffect want;
  };
  for (const Row& row : {
           Row{"ETag: \"x\"\r\n", 200, "ETag: \"x\"", HeadEffect::Freshen},
           Row{"ETag: \"x\"\r\n", 200, "ETag: \"y\"", HeadEffect::Invalidate},
           Row{"", 200, "ETag: \"y\"", HeadEffect::Invalidate},
           Row{"ETag: \"x\"\r\n", 200, "", HeadEffect::Freshen},
           Row{"", 200, "Content-Length: 100", HeadEffect::Freshen},
           Row{"", 200, "Content-Length: 101", HeadEffect::Invalidate},
           Row{"", 200, "Content-Length: 1e2", HeadEffect::Invalidate},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200,
               "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", HeadEffect::Freshen},
           Row{"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200,
               "Last-Modified: Sun, 06 Nov 1994 08:49:38 GMT", HeadEffect::Invalidate},
           Row{"ETag: \"x\"\r\n", 404, "ETag: \"y\"", HeadEffect::Nothing},
           Row{"ETag: \"x\"\r\n", 500, "", HeadEffect::Nothing},
       }) {
    CAPTURE(std::string(row.stored));
    CAPTURE(std::string(row.fields));
    const std::string head = std::string("HTTP/1.1 200 OK\r\n") + row.stored;
    const Section fields(row.fields);
    CHECK(compare_head(head, 100, response(row.status, fields)) == row.want);
  }
}
