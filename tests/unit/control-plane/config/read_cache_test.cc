#include <doctest/doctest.h>

#include <string>

#include "control-plane/config/read.h"

namespace atl::control {
namespace {

using std::chrono_literals::operator""s;

// The text of a configuration with these lines in its only behaviour's [cache]; they begin in
// line 18.
std::string with_cache(const std::string& lines, const std::string& distribution = "") {
  return R"([control]
state_dir = "s"
[[pop]]
id = "fra"
latitude = 50
longitude = 8
endpoints = ["127.0.1.1:8080"]
[[origin]]
id = "www"
endpoint = "origin:7400"
source = "www"
[[origin_group]]
id = "site"
origins = ["www"]
[[distribution]]
)" + (distribution.empty() ? std::string("id = \"site\"\nhosts = [\"*\"]\n") : distribution) +
         "[[distribution.behaviour]]\npath = \"*\"\norigin_group = \"site\"\n"
         "[distribution.behaviour.cache]\n" +
         lines;
}

std::string problems_of(const std::string& text) {
  const auto config = parse_config("c.toml", text);
  if (config) return "";
  std::string all;
  for (const std::string& problem : config.error()) all += problem + "\n";
  return all;
}

CachePolicy read(const std::string& lines) {
  const auto config = parse_config("c.toml", with_cache(lines));
  REQUIRE(config);
  return config->content.distributions[0].behaviours[0].cache;
}

TEST_CASE("cache policy: the key, everything that can be said") {
  using enum Selection::Mode;
  const CachePolicy cache = read(R"([distribution.behaviour.cache.key]
query = "deny"
query_names = ["utm_*", "fbclid"]
cookies = "allow"
cookie_names = ["session"]
headers = ["X-Tenant"]
device = true
[[distribution.behaviour.cache.ttl_by_status]]
statuses = [404, 410]
ttl = "10s"
[[distribution.behaviour.cache.ttl_by_status]]
statuses = [503]
ttl = "1s"
)");
  CHECK(cache.key ==
        KeyPolicy{{Deny, {"utm_*", "fbclid"}}, {Allow, {"session"}}, {"X-Tenant"}, true});
  CHECK(cache.ttl_by_status == std::vector<StatusTtl>{{404, 10s}, {410, 10s}, {503, 1s}});
  struct Row {
    const char* word;
    Selection::Mode mode;
  };
  for (const Row& row : {Row{"as-is", AsIs}, Row{"all", All}, Row{"none", None}}) {
    const std::string lines =
        std::string("key = {query = \"") + row.word + "\", cookies = \"" + row.word + "\"}\n";
    CHECK(read(lines).key == KeyPolicy{{row.mode, {}}, {row.mode, {}}, {}, false});
  }
}

TEST_CASE("cache policy: each thing that can be wrong, with its place") {
  struct Row {
    const char* lines;
    const char* problems;
  };
  for (const Row& row : {
           Row{"key = {query = \"some\"}\n",
               "c.toml:22:16: query must be one of \"as-is\", \"all\", \"none\", \"allow\", "
               "\"deny\", not \"some\"\n"},
           Row{"key = {query = \"allow\"}\n",
               "c.toml:22:16: query is \"allow\" or \"deny\", but there is no query_names: name "
               "them\n"},
           Row{"key = {query = \"all\", query_names = [\"a\"]}\n",
               "c.toml:22:37: query_names has a meaning only with query = \"allow\" or \"deny\"\n"},
           Row{"key = {cookie_names = [\"a\"]}\n",
               "c.toml:22:23: cookie_names has a meaning only with cookies = \"allow\" or "
               "\"deny\"\n"},
           Row{"key = {query = \"deny\", query_names = [\"*\", \"a*b\", \"a=b\", \"\"]}\n",
               "c.toml:22:38: query_names \"*\" is not a name: write one as it stands in a "
               "request, or its beginning and \"*\"\n"
               "c.toml:22:38: query_names \"a*b\" is not a name: write one as it stands in a "
               "request, or its beginning and \"*\"\n"
               "c.toml:22:38: query_names \"a=b\" is not a name: write one as it stands in a "
               "request, or its beginning and \"*\"\n"
               "c.toml:22:58: query_names[3] must not be empty: leave it out or say which\n"},
           Row{"key = {headers = [\"X Y\", \"Cookie\", \"Host\"]}\n",
               "c.toml:22:18: headers \"X Y\" is not the name of a header\n"
               "c.toml:22:18: headers \"Cookie\" cannot be part of the key: write cookies and "
               "cookie_names\n"
               "c.toml:22:18: headers \"Host\" cannot be part of the key: it is part of every "
               "key\n"},
           Row{"key = {hedaers = [\"X\"]}\n",
               "c.toml:22:8: unknown key \"hedaers\" in [distribution.behaviour.cache.key]: did "
               "you mean \"headers\"?\n"},
           Row{"enabled = false\ndefault_ttl = \"1s\"\nkey = {query = \"all\"}\n",
               "c.toml:23:15: default_ttl has no meaning with enabled = false: remove it\n"
               "c.toml:24:7: key has no meaning with enabled = false: remove it\n"},
           Row{"ttl_by_status = [{statuses = [404]}]\n",
               "c.toml:22:18: ttl is missing: write such as ttl = \"10s\"\n"},
           Row{"ttl_by_status = [{ttl = \"1s\"}]\n",
               "c.toml:22:18: statuses is missing: write such as statuses = [404, 410]\n"},
           Row{"ttl_by_status = [{statuses = [304, 429], ttl = \"1s\"}]\n",
               "c.toml:22:30: statuses 304 is never stored: remove it\n"
               "c.toml:22:30: statuses 429 is never stored: remove it\n"},
           Row{"ttl_by_status = [{statuses = [404], ttl = \"1s\"},\n{statuses = [404], ttl = "
               "\"2s\"}]\n",
               "c.toml:23:13: statuses 404 already has a lifetime in line 22: remove one\n"},
       }) {
    CAPTURE(row.lines);
    CHECK(problems_of(with_cache(row.lines)) == row.problems);
  }
}

// The behaviour's own lines begin in line 21.
std::string with_behaviour(const std::string& lines) {
  std::string text = with_cache("");
  const std::string cache = "[distribution.behaviour.cache]\n";
  return text.substr(0, text.size() - cache.size()) + lines;
}

TEST_CASE("behaviour: headers and protocol, everything that can be said") {
  const auto config = parse_config("c.toml", with_behaviour(R"(viewer_protocol = "redirect-to-https"
https_port = 8443
viewer_place = "city"
[distribution.behaviour.request_headers]
remove = ["X-Debug"]
set = ["X-From: cdn", "X-Empty:", "X-Url:  http://a/:b "]
[distribution.behaviour.response_headers]
set = ["Cache-Control: max-age=5"]
)"));
  REQUIRE(config);
  const BehaviourConfig& behaviour = config->content.distributions[0].behaviours[0];
  CHECK(behaviour.viewer_protocol == ViewerProtocol::RedirectToHttps);
  CHECK(behaviour.https_port == 8443);
  CHECK(behaviour.viewer_place == ViewerPlace::City);
  CHECK(behaviour.request_headers ==
        HeaderEdits{{"X-Debug"}, {{"X-From", "cdn"}, {"X-Empty", ""}, {"X-Url", "http://a/:b"}}});
  CHECK(behaviour.response_headers == HeaderEdits{{}, {{"Cache-Control", "max-age=5"}}});
}

TEST_CASE("behaviour: each thing that can be wrong with headers and protocol") {
  struct Row {
    const char* lines;
    const char* problems;
  };
  for (const Row& row : {
           Row{"viewer_protocol = \"https\"\n",
               "c.toml:21:19: viewer_protocol must be one of \"any\", \"redirect-to-https\", "
               "\"https-only\", not \"https\"\n"},
           Row{"viewer_place = \"street\"\n",
               "c.toml:21:16: viewer_place must be one of \"none\", \"country\", \"city\", not "
               "\"street\"\n"},
           Row{"https_port = 8443\n",
               "c.toml:21:14: https_port has a meaning only with viewer_protocol = "
               "\"redirect-to-https\"\n"},
           Row{"request_headers = {set = [\"X\", \"A B: c\", \"X: a\\r\\nY: b\"]}\n",
               "c.toml:21:26: set \"X\" is not of the form \"Name: value\"\n"
               "c.toml:21:26: set \"A B\" is not the name of a header\n"
               "c.toml:21:42: set[2] must be free of control characters, not the string \"X: "
               "a\\x0d\\x0aY: b\"\n"},
           Row{"request_headers = {remove = [\"Host\", \"X\"], set = [\"x: 1\"]}\n",
               "c.toml:21:29: remove \"Host\" cannot be edited: it belongs to the connection, to "
               "the message's framing or to the cache\n"
               "c.toml:21:50: set \"x\" is edited twice: keep one\n"},
           Row{"response_headers = {remove = [\"ETag\"], set = [\"content-length: 1\"]}\n",
               "c.toml:21:30: remove \"ETag\" cannot be edited: it belongs to the connection, to "
               "the message's framing or to the cache\n"
               "c.toml:21:46: set \"content-length\" cannot be edited: it belongs to the "
               "connection, to the message's framing or to the cache\n"},
       }) {
    CAPTURE(row.lines);
    CHECK(problems_of(with_behaviour(row.lines)) == row.problems);
  }
}

TEST_CASE("behaviour: compression, error pages and signatures, everything that can be said") {
  const std::string secret(64, 'a');
  const std::string text = with_behaviour(R"(signing_keys = ["k1"]
[distribution.behaviour.compression]
codings = ["zstd", "gzip"]
types = ["Text/*"]
min_size = "2KiB"
max_size = "1MiB"
[[distribution.error_page]]
statuses = [403, 404]
path = "/index.html"
response_status = 200
ttl = "10s"
[[distribution.error_page]]
statuses = [500]
path = "/500.html"
[[signing_key]]
id = "k1"
secret = ")" + secret + "\"\n");
  const auto config = parse_config("c.toml", text);
  REQUIRE(config);
  const DistributionConfig& site = config->content.distributions[0];
  CHECK(site.behaviours[0].compression ==
        Compression{{"zstd", "gzip"}, {"text/*"}, ByteSize{2048}, ByteSize{1 << 20}});
  CHECK(site.behaviours[0].signing_keys == std::vector<std::string>{"k1"});
  CHECK(config->content.signing_keys == std::vector<SigningKey>{{"k1", std::string(32, '\xaa')}});
  CHECK(site.error_pages == std::vector<ErrorPage>{{{403, 404}, "/index.html", 200, 10s},
                                                   {{500}, "/500.html", 0, std::nullopt}});
}

TEST_CASE("behaviour: each thing that can be wrong with them") {
  struct Row {
    const char* lines;
    const char* problems;
  };
  for (const Row& row : {
           Row{"compression = {}\n",
               "c.toml:21:15: codings is missing or empty, so nothing is compressed: write such as "
               "codings = [\"br\", \"zstd\", \"gzip\"], or remove the table\n"},
           Row{"compression = {codings = [\"deflate\", \"br\", \"br\"]}\n",
               "c.toml:21:26: codings \"deflate\" is no coding that can be made: write \"br\", "
               "\"zstd\" or \"gzip\"\n"
               "c.toml:21:26: codings \"br\" is listed twice: remove one\n"},
           Row{"compression = {codings = [\"br\"], types = [\"html\"], min_size = \"2MiB\", "
               "max_size "
               "= 1}\n",
               "c.toml:21:42: types \"html\" is not a media type: write one such as "
               "\"application/json\" or \"text/*\"\n"
               "c.toml:21:63: min_size is larger than max_size: lower it or raise max_size\n"},
           Row{"compression = {codings = [\"br\"]}\n[distribution.behaviour.cache]\nenabled = "
               "false\n",
               "c.toml:21:15: compression has no meaning where nothing is cached: only what is "
               "stored is compressed\n"},
           Row{"signing_keys = [\"none\"]\n",
               "c.toml:21:17: there is no signing_key \"none\": none is defined\n"},
           Row{"signing_keys = []\n",
               "c.toml:21:16: signing_keys is empty, so nothing would have to be signed: name a "
               "key, or remove it\n"},
           Row{"[[signing_key]]\nid = \"k\"\nsecret = \"abcd\"\n",
               "c.toml:23:10: secret must be 64 to 128 hexadecimal digits, such as \"openssl rand "
               "-hex 32\" makes\n"},
           Row{"[[signing_key]]\nid = \"k\"\nsecret = \"not hexadecimal at all\"\n",
               "c.toml:23:10: secret must be 64 to 128 hexadecimal digits, such as \"openssl rand "
               "-hex 32\" makes\n"},
           Row{"[[distribution.error_page]]\nstatuses = [200]\npath = \"x\"\n",
               "c.toml:22:12: statuses names no error: write such as statuses = [404]\n"
               "c.toml:22:13: statuses[0] must be an integer of 400 to 599, not the integer 200\n"
               "c.toml:23:8: path must begin with \"/\" and be written as in a URL\n"},
           Row{"[[distribution.error_page]]\npath = \"/x\"\nresponse_status = 204\n",
               "c.toml:21:1: statuses names no error: write such as statuses = [404]\n"
               "c.toml:23:19: response_status must be one whose answers have a whole body\n"},
           Row{"[[distribution.error_page]]\nstatuses = [404, 404]\npath = \"/x y\"\n",
               "c.toml:22:12: statuses 404 already has a page in line 22: remove one\n"
               "c.toml:23:8: path must begin with \"/\" and be written as in a URL\n"},
       }) {
    CAPTURE(row.lines);
    CHECK(problems_of(with_behaviour(row.lines)) == row.problems);
  }
}

TEST_CASE("distribution: the canonical host is one of its names") {
  const std::string start = "id = \"site\"\nhosts = [\"*.example.org\", \"WWW.example.org\"]\n";
  const auto config =
      parse_config("c.toml", with_cache("", start + "canonical_host = \"www.Example.org\"\n"));
  REQUIRE(config);
  CHECK(config->content.distributions[0].canonical_host == "www.example.org");
  for (const char* host : {"a.example.org", "*.example.org"}) {
    CHECK(problems_of(with_cache("", start + "canonical_host = \"" + host + "\"\n")) ==
          "c.toml:18:18: canonical_host must be one of the names in hosts, not \"" +
              std::string(host) + "\"\n");
  }
}

}  // namespace
}  // namespace atl::control
