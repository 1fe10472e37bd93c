#include "origin/config.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace atl::origin {
namespace {

std::vector<std::string> problems_of(std::string_view text) {
  config::Reader reader = config::Reader::from_text("origin.toml", text);
  read_config(reader, "/etc/atoll");
  return reader.problems();
}

TEST_CASE("origin config: everything that can be said") {
  config::Reader reader = config::Reader::from_text("origin.toml", R"(
[origin]
listen = "127.0.0.1:7401"
file_threads = 2
stop_grace = "1s"
head_timeout = "5s"
timeout = "1m"
max_exchanges = 100
[source.site]
type = "directory"
root = "www"
index = "home.html"
cache_control = "no-cache"
follow_symlinks = true
[source.up]
type = "http"
url = "https://example.org:8443/base"
preserve_host = false
http2 = "off"
connect_timeout = "1s"
head_timeout = "2s"
idle_timeout = "3s"
timeout = "4s"
max_connections = 5
max_idle_connections = 6
ca_file = "/ca.pem"
forwarded_for = false
[source.both]
type = "group"
members = ["up", "site"]
failover_statuses = [503]
[source.made]
type = "synthetic"
ttl = "1m"
max_size = "1GiB"
)");
  const Config config = read_config(reader, "/etc/atoll");
  CHECK(reader.problems() == std::vector<std::string>{});
  CHECK(config.listen == "127.0.0.1:7401");
  CHECK(config.timeout == std::chrono::minutes(1));
  REQUIRE(config.sources.size() == 4);
  const auto find = [&](const char* name) {
    return std::ranges::find(config.sources, name, &SourceConfig::name)->options;
  };
  CHECK(std::get<DirectoryOptions>(find("site")).root == "/etc/atoll/www");
  CHECK(std::get<DirectoryOptions>(find("site")).follow_symlinks);
  const auto http = std::get<HttpOptions>(find("up"));
  CHECK(http.url == "https://example.org:8443/base");
  CHECK(!http.preserve_host);
  CHECK(http.http2 == Http2::Off);
  CHECK(http.max_connections == 5);
  CHECK(http.ca_file == "/ca.pem");
  CHECK(std::get<GroupOptions>(find("both")).failover_statuses == std::vector<uint16_t>{503});
  CHECK(std::get<SyntheticOptions>(find("made")).max_size == 1_GiB);
}

TEST_CASE("origin config: each mistake is named with its line") {
  struct Row {
    const char* text;
    const char* where;  // how one of the problems begins
    const char* what;   // and what is in it
  };
  for (const Row& row : {
           Row{"", "origin.toml:", "no source"},
           Row{"[source.a]\ntype = \"directory\"\n", "origin.toml:1:", "root"},
           Row{"[source.a]\nroot = \"x\"\n", "origin.toml:1:", "type"},
           Row{"[source.a]\ntype = \"ftp\"\n", "origin.toml:2:", "ftp"},
           Row{"[source.a]\ntype = \"synthetic\"\nsize = 1\n", "origin.toml:3:", "size"},
           Row{"[source.a]\ntype = \"http\"\nurl = \"ftp://x\"\n", "origin.toml:3:", "url"},
           Row{"[source.a]\ntype = \"http\"\nurl = \"http://u@x\"\n", "origin.toml:3:", "url"},
           Row{"[source.a]\ntype = \"http\"\nurl = \"http://x/?q\"\n", "origin.toml:3:", "url"},
           Row{"[source.a]\ntype = \"http\"\nurl = \"http://x\"\nhost = \"a b\"\n",
               "origin.toml:4:", "host"},
           Row{"[source.a]\ntype = \"group\"\nmembers = [\"b\"]\n", "origin.toml:3:", "\"b\""},
           Row{"[source.a]\ntype = \"group\"\nmembers = [\"a\"]\n", "origin.toml:3:", "group"},
           Row{"[source.a]\ntype = \"group\"\nmembers = [\"b\", \"b\"]\n[source.b]\ntype = "
               "\"synthetic\"\n",
               "origin.toml:3:", "twice"},
           Row{"[source.a]\ntype = \"directory\"\nroot = \"x\"\ncache_control = \"a\\r\\nb\"\n",
               "origin.toml:4:", "cache_control"},
           Row{"[source.a]\ntype = \"directory\"\nroot = \"x\"\nindex = \"../x\"\n",
               "origin.toml:4:", "index"},
           Row{"[origin]\nlisten = \"nowhere\"\n[source.a]\ntype = \"synthetic\"\n",
               "origin.toml:2:", "listen"},
       }) {
    CAPTURE(row.text);
    const auto problems = problems_of(row.text);
    CHECK(std::ranges::any_of(problems, [&](const std::string& problem) {
      return problem.starts_with(row.where) && problem.find(row.what) != std::string::npos;
    }));
  }
}

TEST_CASE("origin config: a port that others reach has trust, or says that it does not") {
  struct Row {
    const char* keys;
    const char* problem;  // a part of the only one; empty: none
  };
  constexpr const char* kAll =
      "listen = \"0.0.0.0:1\"\n[origin.trust]\nenabled = true\ncontrol = \"a.example:2\"\n"
      "name = \"site\"\nstate_dir = \"state\"\ntoken_file = \"/t\"\nrefresh = \"1s\"\n";
  for (const Row& row : {
           Row{"listen = \"127.0.0.1:1\"\n", ""},
           Row{"listen = \"0.0.0.0:1\"\n", "listen can be reached from other hosts"},
           Row{"listen = \"0.0.0.0:1\"\n[origin.trust]\ninsecure = true\n", ""},
           Row{kAll, ""},
           Row{"listen = \"127.0.0.1:1\"\n[origin.trust]\nname = \"a\"\n",
               "has a meaning only with enabled = true"},
           Row{"listen = \"127.0.0.1:1\"\n[origin.trust]\nenabled = true\ninsecure = true\n"
               "control = \"a:1\"\nname = \"a\"\nstate_dir = \"s\"\n",
               "insecure contradicts"},
           Row{"listen = \"127.0.0.1:1\"\n[origin.trust]\nenabled = true\ncontrol = \"a:1\"\n"
               "name = \"a b\"\nstate_dir = \"s\"\n",
               "name must be letters"},
       }) {
    CAPTURE(row.keys);
    config::Reader reader = config::Reader::from_text(
        "origin.toml", std::string("[origin]\n") + row.keys + "[source.a]\ntype = \"synthetic\"\n");
    const Config config = read_config(reader, "etc");
    const auto problems = reader.problems();
    CHECK(problems.size() == (std::string(row.problem).empty() ? 0 : 1));
    if (problems.size() == 1) CHECK(problems[0].find(row.problem) != std::string::npos);
    if (row.keys != kAll) continue;
    CHECK(config.trust.state_dir == "etc/state");
    CHECK(config.trust.token_file == "/t");
  }
}

}  // namespace
}  // namespace atl::origin
