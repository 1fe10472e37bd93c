#include "edge/policy/coding.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "edge/policy/compression_policy.h"

namespace atl::policy {
namespace {

constexpr std::array kOffered{Coding::Brotli, Coding::Zstd, Coding::Gzip};

TEST_CASE("coding: what a client likes best of what is offered") {
  struct Row {
    const char* value;
    Coding want;
  };
  for (const Row& row : {
           Row{"", Coding::Identity},
           Row{"identity", Coding::Identity},
           Row{"gzip", Coding::Gzip},
           Row{"GZip", Coding::Gzip},
           Row{"x-gzip", Coding::Gzip},
           Row{"deflate, compress", Coding::Identity},
           Row{"gzip, deflate, br", Coding::Brotli},
           Row{"gzip, deflate, br, zstd", Coding::Brotli},
           Row{"zstd, gzip", Coding::Zstd},
           Row{"gzip;q=1.0, br;q=0.9", Coding::Gzip},
           Row{"br;q=0, gzip", Coding::Gzip},
           Row{"br;q=0.000, gzip;q=0.001", Coding::Gzip},
           Row{"*", Coding::Brotli},
           Row{"*;q=0", Coding::Identity},
           Row{"br;q=0, *", Coding::Zstd},
           Row{"*;q=0.5, gzip", Coding::Gzip},
           Row{"identity, br;q=0.5", Coding::Identity},
           Row{"identity;q=0.5, br;q=0.5", Coding::Brotli},
           Row{"identity;q=0, *;q=0", Coding::Identity},
           // A weight that is none: not used.
           Row{"br;q=2, gzip", Coding::Gzip},
           Row{"br;q=1.5", Coding::Identity},
           Row{"br;q=0.1234", Coding::Identity},
           Row{"br;q=", Coding::Identity},
           Row{"br;q=x", Coding::Identity},
           Row{"br;level=9", Coding::Identity},
           Row{"br ; Q=1.000", Coding::Brotli},
           Row{",,br,,", Coding::Brotli},
           Row{"brotli", Coding::Identity},
       }) {
    CAPTURE(row.value);
    const std::vector<http::Field> fields{{"Accept", "br"}, {"accept-encoding", row.value}};
    CHECK(choose_coding(fields, kOffered) == row.want);
  }
  CHECK(choose_coding({}, kOffered) == Coding::Identity);
  const std::vector<http::Field> lines{{"Accept-Encoding", "gzip"}, {"Accept-Encoding", "zstd"}};
  CHECK(choose_coding(lines, kOffered) == Coding::Zstd);
  CHECK(choose_coding(lines, std::array{Coding::Gzip}) == Coding::Gzip);
}

TEST_CASE("coding: tokens go both ways") {
  for (const Coding coding : {Coding::Identity, Coding::Gzip, Coding::Brotli, Coding::Zstd}) {
    CHECK(parse_coding(token_of(coding)) == coding);
  }
  CHECK_FALSE(parse_coding("deflate"));
  CHECK_FALSE(parse_coding(""));
}

TEST_CASE("compression: which answers may be compressed") {
  CompressionPolicy policy;
  policy.codings = {Coding::Gzip};
  policy.types = NameList({"text/*", "application/json"});
  policy.min_bytes = 100;
  policy.max_bytes = 1000;
  struct Row {
    std::vector<http::Field> fields;
    std::optional<uint64_t> length;
    bool want;
  };
  const http::Field html{"Content-Type", "Text/HTML; charset=utf-8"};
  for (const Row& row : {
           Row{{html}, 100, true},
           Row{{html}, 1000, true},
           Row{{html}, std::nullopt, true},
           Row{{html}, 99, false},
           Row{{html}, 1001, false},
           Row{{{"Content-Type", "application/json"}}, 500, true},
           Row{{{"Content-Type", "application/json5"}}, 500, false},
           Row{{{"Content-Type", "image/png"}}, 500, false},
           Row{{{"Content-Type", "text/event-stream"}}, std::nullopt, false},
           Row{{{"Content-Type", ""}}, 500, false},
           Row{{{"Content-Type", ";text/html"}}, 500, false},
           Row{{html, {"Content-Type", "text/css"}}, 500, false},
           Row{{}, 500, false},
           Row{{html, {"Content-Encoding", "gzip"}}, 500, false},
           Row{{html, {"content-encoding", "identity"}}, 500, false},
           Row{{html, {"Content-Range", "bytes 0-1/2"}}, 500, false},
           Row{{html, {"Cache-Control", "max-age=1, No-Transform"}}, 500, false},
       }) {
    CAPTURE(row.length.value_or(0));
    CHECK(may_compress(policy, 200, row.fields, row.length) == row.want);
  }
  const std::vector<http::Field> fields{html};
  CHECK_FALSE(may_compress(policy, 404, fields, 500));
  CHECK_FALSE(may_compress(policy, 206, fields, 500));
  policy.codings.clear();
  CHECK_FALSE(may_compress(policy, 200, fields, 500));
  const std::string endless(10'000, 'x');
  const std::vector<http::Field> long_type{{"Content-Type", endless}};
  CHECK_FALSE(may_compress(policy, 200, long_type, 500));
}

}  // namespace
}  // namespace atl::policy
