#include "deploy/cli/status.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::cli {
namespace {

std::string status(const std::string& pop_state, const std::string& node_state, int node_version,
                   const std::string& problem = "") {
  return R"({"snapshot_version": 7, "configuration_problem": ")" + problem +
         R"(", "pops": [{"id": "gru", "city": "São Paulo", "state": ")" + pop_state +
         R"(", "endpoints": ["127.0.1.3:8080"], "nodes": [{"node": "0", "state": ")" + node_state +
         R"(", "endpoints": ["127.0.1.3:8080"], "snapshot_version": )" +
         std::to_string(node_version) +
         R"(, "snapshot_refused": "", "statistics": {"hits": 30, "misses": 10, "collapsed": 10,)"
         R"( "cache_objects": 1234, "cache_bytes": 5600000}}]}]})";
}

TEST_CASE("status: ready is when every PoP is active with the newest configuration") {
  struct Row {
    std::string body;
    bool ready;
  };
  for (const Row& row :
       {Row{status("active", "active", 7), true}, Row{status("down", "active", 7), false},
        Row{status("active", "down", 7), false}, Row{status("active", "active", 6), false},
        Row{status("draining", "not-serving", 6), true}, Row{status("admin-down", "down", 7), true},
        Row{R"({"snapshot_version": 7, "pops": []})", false},
        Row{R"({"pops": [{"id": "a", "state": "active", "nodes": []}]})", false}}) {
    CAPTURE(row.body);
    const auto view = view_status(row.body);
    REQUIRE(view.has_value());
    CHECK(view->ready == row.ready);
  }
}

TEST_CASE("status: the table shows hit ratio and cache") {
  const auto view = view_status(status("active", "active", 7));
  REQUIRE(view.has_value());
  for (const char* part :
       {"gru", "São Paulo", "127.0.1.3:8080", "60.0%", "1,234", "5.6", "Ready\n"}) {
    CAPTURE(part);
    CHECK(view->text.find(part) != std::string::npos);
  }
}

TEST_CASE("status: a refused reload is shown, without control bytes") {
  const auto view = view_status(status("active", "active", 7, "x.toml:3: bad \\u001b[31m"));
  REQUIRE(view.has_value());
  CHECK(view->text.find("x.toml:3: bad ?[31m") != std::string::npos);
}

TEST_CASE("status: what is not a status is refused") {
  for (const char* body : {"", "[]", "{}", "null", "{\"pops\"", "<html>"}) {
    CAPTURE(body);
    CHECK_FALSE(view_status(body).has_value());
  }
  // Members of other types are passed over, not crashed on.
  CHECK(view_status(R"({"pops": 5})").has_value());
  CHECK(view_status(R"({"pops": [1, "x", {"id": 3, "nodes": [null, {"statistics": 1}]}]})")
            .has_value());
}

}  // namespace
}  // namespace atl::cli
