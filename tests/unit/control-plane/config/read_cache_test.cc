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
