#include "edge/cache/cache_control.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using atl::cache::Delta;
using atl::cache::DirectiveSource;
using atl::cache::kMaxDelta;
using atl::cache::parse_request_directives;
using atl::cache::parse_response_directives;
using atl::cache::testing::Section;

namespace {

constexpr int64_t kAbsent = -1;
constexpr int64_t kInvalid = -2;

int64_t as_number(const Delta& delta) {
  if (!delta.present()) return kAbsent;
  return delta.valid() ? int64_t{delta.seconds} : kInvalid;
}

}  // namespace

TEST_CASE("cache-control: max-age in every legal and illegal spelling") {
  struct Row {
    const char* section;
    int64_t want;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=3600", 3600},
           Row{"cache-CONTROL: MaX-aGe=3600", 3600},
           Row{"Cache-Control: max-age=\"3600\"", 3600},
           Row{"Cache-Control: max-age=003600", 3600},
           Row{"Cache-Control: max-age=0", 0},
           Row{"Cache-Control: max-age=2147483647", 2'147'483'647},
           Row{"Cache-Control: max-age=2147483648", int64_t{kMaxDelta}},
           Row{"Cache-Control: max-age=2147483649", int64_t{kMaxDelta}},
           Row{"Cache-Control: max-age=99999999999", int64_t{kMaxDelta}},
           Row{"Cache-Control: max-age=99999999999999999999999999999999999999", int64_t{kMaxDelta}},
           Row{"Cache-Control: max-age=18446744073709551616", int64_t{kMaxDelta}},
           Row{"Cache-Control: max-age='3600'", kInvalid},
           Row{"Cache-Control: max-age=-1", kInvalid},
           Row{"Cache-Control: max-age=+1", kInvalid},
           Row{"Cache-Control: max-age=3600.0", kInvalid},
           Row{"Cache-Control: max-age=3600.5", kInvalid},
           Row{"Cache-Control: max-age=a3600", kInvalid},
           Row{"Cache-Control: max-age=3600a", kInvalid},
           Row{"Cache-Control: max-age=0x10", kInvalid},
           Row{"Cache-Control: max-age=1e3", kInvalid},
           Row{"Cache-Control: max-age", kInvalid},
           Row{"Cache-Control: max-age=", kInvalid},
           Row{"Cache-Control: max-age=\"\"", kInvalid},
           Row{"Cache-Control: max-age =3600", kInvalid},
           Row{"Cache-Control: max-age= 3600", kInvalid},
           Row{"Cache-Control: max-age=\"3600", kInvalid},
           Row{"Cache-Control: max-age=3600\"", kInvalid},
           Row{"Cache-Control: max-age=\" 3600\"", kInvalid},
           Row{"Cache-Control: max-age=3600 s", kInvalid},
           Row{"Cache-Control: max-age=3600;x=1", kInvalid},
           Row{"Cache-Control: max-age:3600", kAbsent},
           Row{"Cache-Control: xmax-age=3600", kAbsent},
           Row{"Cache-Control: max-agee=3600", kAbsent},
           Row{"Cache-Control:", kAbsent},
           Row{"Cache-Control: ,,,", kAbsent},
           Row{"X: max-age=3600", kAbsent},
           Row{"", kAbsent},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(as_number(parse_response_directives(Section(row.section)).max_age) == row.want);
  }
}

TEST_CASE("cache-control: of repeated directives the most restrictive holds, wherever they stand") {
  struct Row {
    const char* section;
    int64_t want;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=1800, max-age=1", 1},
           Row{"Cache-Control: max-age=1, max-age=1800", 1},
           Row{"Cache-Control: max-age=1800\nCache-Control: max-age=1", 1},
           Row{"Cache-Control: max-age=1\nCache-Control: max-age=1800", 1},
           Row{"Cache-Control: max-age=1800, max-age=x", kInvalid},
           Row{"Cache-Control: max-age=x, max-age=1800", kInvalid},
           Row{"Cache-Control: public\nCache-Control: max-age=5", 5},
           Row{"Cache-Control: , max-age=5 ,", 5},
           Row{"Cache-Control: extension=\"max-age=3600\", max-age=1", 1},
           Row{"Cache-Control: max-age=1, extension=\"max-age=3600\"", 1},
           Row{"Cache-Control: extension=\"a,max-age=3600,b\"", kAbsent},
           Row{"Cache-Control: extension=\"a\\\",max-age=3600\"", kAbsent},
           Row{"Cache-Control: extension='max-age=3600', max-age=1", 1},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(as_number(parse_response_directives(Section(row.section)).max_age) == row.want);
  }
}

TEST_CASE("cache-control: response directives without seconds") {
  struct Row {
    const char* value;
    bool atl::cache::ResponseDirectives::* flag;
    bool want;
  };
  using D = atl::cache::ResponseDirectives;
  for (const Row& row : {
           Row{"Cache-Control: no-store", &D::no_store, true},
           Row{"Cache-Control: No-StOrE", &D::no_store, true},
           Row{"Cache-Control: no-store=1", &D::no_store, true},
           Row{"Cache-Control: x=\"no-store\"", &D::no_store, false},
           Row{"Cache-Control: x=\"unclosed, no-store", &D::no_store, true},
           Row{"Cache-Control: x=\"\\, no-store", &D::no_store, true},
           Row{"Cache-Control: no-stores", &D::no_store, false},
           Row{"Cache-Control: no-cache", &D::no_cache, true},
           Row{"Cache-Control: no-cache=\"set-cookie\"", &D::no_cache, true},
           Row{"Cache-Control: no-cache=\"a, b\", max-age=5", &D::no_cache, true},
           Row{"Cache-Control: private", &D::is_private, true},
           Row{"Cache-Control: private=\"x-user\"", &D::is_private, true},
           Row{"Cache-Control: public", &D::is_public, true},
           Row{"Cache-Control: public=yes", &D::is_public, false},
           Row{"Cache-Control: must-revalidate", &D::must_revalidate, true},
           Row{"Cache-Control: proxy-revalidate", &D::proxy_revalidate, true},
           Row{"Cache-Control: must-understand", &D::must_understand, true},
           Row{"Cache-Control: must-understand=0", &D::must_understand, false},
           Row{"Cache-Control: no-transform", &D::no_transform, true},
           Row{"Cache-Control: immutable", &D::immutable, true},
           Row{"Cache-Control: immutable=1", &D::immutable, false},
           Row{"Pragma: no-cache", &D::no_cache, false},  // means nothing in a response
       }) {
    CAPTURE(std::string(row.value));
    CHECK(parse_response_directives(Section(row.value)).*row.flag == row.want);
  }
}

TEST_CASE("cache-control: stale-* and s-maxage are read beside max-age") {
  const auto d = parse_response_directives(
      Section("Cache-Control: max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4"));
  CHECK(as_number(d.max_age) == 1);
  CHECK(as_number(d.s_maxage) == 2);
  CHECK(as_number(d.stale_while_revalidate) == 3);
  CHECK(as_number(d.stale_if_error) == 4);
  CHECK(d.source == DirectiveSource::CacheControl);
}

TEST_CASE("cache-control: requests") {
  SUBCASE("every directive") {
    const auto d = parse_request_directives(
        Section("Cache-Control: no-cache, no-store, no-transform, only-if-cached, max-age=1, "
                "max-stale=2, min-fresh=3, stale-if-error=4"));
    CHECK(d.no_cache);
    CHECK(d.no_store);
    CHECK(d.no_transform);
    CHECK(d.only_if_cached);
    CHECK(as_number(d.max_age) == 1);
    CHECK(as_number(d.max_stale) == 2);
    CHECK(as_number(d.min_fresh) == 3);
    CHECK(as_number(d.stale_if_error) == 4);
    CHECK_FALSE(d.max_stale_any);
  }
  SUBCASE("nothing at all") {
    CHECK(parse_request_directives(Section("")) == atl::cache::RequestDirectives{});
  }
  struct Row {
    const char* section;
    Delta atl::cache::RequestDirectives::* delta;
    int64_t want;
  };
  using D = atl::cache::RequestDirectives;
  for (const Row& row : {
           Row{"Cache-Control: max-age=abc", &D::max_age,
               0},  // what restricts is kept, at its most
           Row{"Cache-Control: max-age=5, max-age=3", &D::max_age, 3},
           Row{"Cache-Control: min-fresh=5, min-fresh=3", &D::min_fresh, 5},
           Row{"Cache-Control: min-fresh=x", &D::min_fresh, kAbsent},
           Row{"Cache-Control: max-stale=5, max-stale=3", &D::max_stale, 3},
           Row{"Cache-Control: max-stale=x", &D::max_stale, kAbsent},
           Row{"Cache-Control: max-stale", &D::max_stale, kAbsent},
           Row{"Cache-Control: max-stale=99999999999999999999", &D::max_stale, int64_t{kMaxDelta}},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(as_number(parse_request_directives(Section(row.section)).*row.delta) == row.want);
  }
}

TEST_CASE("cache-control: Pragma counts only where there is no Cache-Control") {
  struct Row {
    const char* section;
    bool no_cache;
  };
  for (const Row& row : {
           Row{"Pragma: no-cache", true},
           Row{"Pragma: NO-CACHE", true},
           Row{"Pragma: foo, no-cache", true},
           Row{"Pragma: foo", false},
           Row{"Pragma: no-cache\nCache-Control: max-age=100", false},
           Row{"Pragma: no-cache\nCache-Control:", false},
           Row{"Pragma: x=\"no-cache\"", false},
       }) {
    CAPTURE(std::string(row.section));
    CHECK(parse_request_directives(Section(row.section)).no_cache == row.no_cache);
  }
}

TEST_CASE("targeted: the first field of the list that is present, valid and not empty is used") {
  using S = DirectiveSource;
  struct Row {
    const char* section;
    DirectiveSource source;
    int64_t max_age;
  };
  for (const Row& row : {
           Row{"CDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"Cache-Control: max-age=1\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"Cache-Control: no-store\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"Atoll-Cache-Control: max-age=9\nCDN-Cache-Control: max-age=7", S::AtollCacheControl,
               9},
           Row{"Atoll-Cache-Control: &\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"Atoll-Cache-Control:\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control:\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: max-age=7, &&&&&\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: max-age=7,\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: max-age =7\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: max-age= 7\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: MaX-aGe=7\nCache-Control: max-age=1", S::CacheControl, 1},
           Row{"CDN-Cache-Control: max-age=\"7\"\nCache-Control: max-age=1", S::CdnCacheControl,
               kAbsent},
           Row{"CDN-Cache-Control: max-age=7.5", S::CdnCacheControl, kAbsent},
           Row{"CDN-Cache-Control: max-age", S::CdnCacheControl, kAbsent},
           Row{"CDN-Cache-Control: max-age=-7", S::CdnCacheControl, kInvalid},
           Row{"CDN-Cache-Control: max-age=007", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: max-age=99999999999", S::CdnCacheControl, int64_t{kMaxDelta}},
           Row{"CDN-Cache-Control: max-age=9999999999999999\nCache-Control: max-age=1",
               S::CacheControl, 1},
           Row{"CDN-Cache-Control: foobar, max-age=7", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: max-age=7;x=1;y", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: max-age=1, max-age=7", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: max-age=7, max-age=\"1\"", S::CdnCacheControl, kAbsent},
           Row{"CDN-Cache-Control: foo\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: max-age=1\nCDN-Cache-Control: max-age=7", S::CdnCacheControl, 7},
           Row{"CDN-Cache-Control: foo\nCDN-Cache-Control: &\nCache-Control: max-age=1",
               S::CacheControl, 1},
       }) {
    CAPTURE(std::string(row.section));
    const auto d = parse_response_directives(Section(row.section));
    CHECK(d.source == row.source);
    CHECK(as_number(d.max_age) == row.max_age);
    CHECK(d.expires_counts() == (row.source == S::CacheControl));
  }
}

TEST_CASE("targeted: flags are booleans") {
  const auto d = parse_response_directives(
      Section("CDN-Cache-Control: no-store=?0, no-cache=\"set-cookie\", private, public=1, "
              "must-revalidate=?1, "
              "proxy-revalidate=(a b), must-understand=:YQ==:, immutable, no-transform=tok"));
  CHECK_FALSE(d.no_store);
  CHECK(d.no_cache);
  CHECK(d.is_private);
  CHECK_FALSE(d.is_public);
  CHECK(d.must_revalidate);
  CHECK_FALSE(d.proxy_revalidate);
  CHECK_FALSE(d.must_understand);
  CHECK(d.immutable);
  CHECK_FALSE(d.no_transform);
}
