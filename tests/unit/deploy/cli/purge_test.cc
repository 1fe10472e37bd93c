#include "deploy/cli/purge/purge.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::cli {
namespace {

TEST_CASE("purge: what is asked for, as the API wants it") {
  PurgeCommand command;
  command.kind = "url";
  command.value = "http://a.example/\"x\"";
  CHECK(purge_body(command) == R"({"url":"http://a.example/\"x\""})");
  command.kind = "everything";
  command.soft = true;
  CHECK(purge_body(command) == R"({"everything":true,"soft":true})");
  command.kind = "tag";
  command.value = "\xff";
  CHECK(JsonValue::parse(purge_body(command)).size() == 2);
}

TEST_CASE("purge: acknowledgements as people read them, and who is missing") {
  const JsonValue progress = JsonValue::parse(R"({"nodes": [
    {"pop": "fra", "node": "0", "acknowledged": true, "objects": 1200, "duration_us": 850, "after_us": 3200},
    {"pop": "sin", "node": "a", "acknowledged": true, "objects": 1, "duration_us": 5, "after_us": 12},
    {"pop": "syd\u001b[2J", "node": "0", "acknowledged": false}]})");
  CHECK(ack_line(progress["nodes"][0], false) ==
        "fra/0            removed 1,200 objects after 3.2 ms (850 us at the node)");
  CHECK(ack_line(progress["nodes"][1], true) ==
        "sin/a            marked 1 object after 12 us (5 us at the node)");
  CHECK(missing_nodes(progress) == "syd?[2J/0");
  CHECK(missing_nodes(JsonValue::parse(R"({"nodes": []})")).empty());
  CHECK(missing_nodes(JsonValue::parse(R"({"nodes": 5})")).empty());
}

}  // namespace
}  // namespace atl::cli
