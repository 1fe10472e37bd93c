// Answers of the control plane as people read them; whatever the answer is, there is a text.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "deploy/cli/access/access.h"
#include "deploy/cli/fleet/fleet.h"
#include "deploy/cli/fleet/order.h"
#include "deploy/cli/top/top.h"

namespace atl::cli {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("pops: load is summed over the nodes that live") {
  const std::string text =
      pops_text(JsonValue::parse(R"({"pops": [{"id": "fra", "city": "Frankfurt",
    "state": "active", "endpoints": ["127.0.1.1:8080"], "nodes": [
    {"state": "active", "connections": 1200, "per_second": {"requests": 10, "hits": 7, "collapsed": 1,
     "bytes_out": 2500000}, "statistics": {"cache_bytes": 1500000}},
    {"state": "down", "connections": 7, "per_second": {"requests": 0}}]},
    {"id": "syd", "state": "down", "nodes": []}]})"));
  CHECK(has(text, "fra  Frankfurt  active  127.0.1.1:8080  1 of 2   10.0  80.0%  2.50"));
  CHECK(has(text, "1,200        1.5\n"));
  CHECK(has(text, "syd             down"));
}

TEST_CASE("pops drain: state and reason, and when it is done") {
  const JsonValue draining = JsonValue::parse(
      R"({"id": "fra", "state": "draining", "reason": "1 of 2 nodes \u001b finish"})");
  CHECK(order_text(draining) == "fra is draining: 1 of 2 nodes ? finish\n");
  const JsonValue active = JsonValue::parse(R"({"id": "fra", "state": "active", "reason": ""})");
  CHECK(order_text(active) == "fra is active\n");
  const JsonValue out = JsonValue::parse(R"({"id": "fra", "state": "admin-down"})");
  struct Row {
    const JsonValue& pop;
    const char* verb;
    bool want;
  };
  for (const Row& row : {Row{draining, "drain", false}, Row{out, "drain", true},
                         Row{out, "disable", true}, Row{out, "activate", false},
                         Row{active, "activate", true}, Row{active, "disable", false}}) {
    CAPTURE(row.verb);
    CHECK(obeyed(row.pop, row.verb) == row.want);
  }
}

TEST_CASE("route: the sentence, where it leads, and every candidate") {
  const std::string text =
      route_text(JsonValue::parse(R"({"client": "10.1.0.1", "client_prefix": "10.1.0.0/16",
    "explanation": "because", "reason": "nearest", "location": "http://127.0.1.1:8080/", "candidates": [
    {"pop": "fra", "city": "Frankfurt", "state": "active", "pinned": true, "distance_km": 306.4, "rtt_ms": 9.9},
    {"pop": "syd", "city": "syd", "state": "down", "pinned": false}]})"));
  CHECK(has(text,
            "10.1.0.1: because\nSent to http://127.0.1.1:8080/ (for all of 10.1.0.0/16; reason: "
            "nearest)\n"));
  CHECK(has(text, "fra (pinned)  Frankfurt  active  306.4 km      9.9 ms\n"));
  CHECK(has(text, "syd           syd        down           -           -\n"));
}

TEST_CASE("stats: sums of rates over their steps, and quantiles of the histograms") {
  const std::string text =
      stats_text(JsonValue::parse(R"({"window": "5m", "pop": null, "step_ms": 2000,
    "columns": {"requests": [10, null, 5], "hits": [9, null, 0], "misses": [1, null, 5],
    "bytes_out": [1000000, null, 500000], "bytes_from_cache": [750000, null, 0], "bytes_in": [0, null, 1]},
    "ttfb_hit": [[100, 98], [2000, 1], [50000, 1]], "ttfb_miss": []})"));
  CHECK(has(text, "All PoPs over the last 5m: 30 requests\n"));
  CHECK(has(text, "hits               18  60.0%\n"));
  CHECK(has(text, "misses             12  40.0%\n"));
  CHECK(has(text, "to clients               3.0"));
  CHECK(has(text, "of these from the cache  1.5  50.0%\n"));
  CHECK(has(text, "hits        100 us  100 us  2.0 ms\n"));
  CHECK(has(text, "misses           -       -       -\n"));
}

TEST_CASE("top: the busiest first, no more lines and columns than there are") {
  const JsonValue layout =
      JsonValue::parse(R"({"snapshot_version": 7, "pops": [{"id": "fra", "city": "Frankfurt"},
    {"id": "gru", "city": "São Paulo"}]})");
  const JsonValue sample =
      JsonValue::parse(R"({"time_ms": 0, "total": {"requests": 30, "hits": 27, "bytes_out": 1e6},
    "pops": [{"id": "fra", "state": "active", "requests": 10, "hits": 5, "p50_us": 100, "p99_us": 2500},
    {"id": "gru", "state": "active", "requests": 20, "hits": 20},
    {"id": "syd", "state": "down", "requests": null}]})");
  const std::string text = top_screen(layout, sample, {200, 50});
  CHECK(has(text, "2 of 3 PoPs active   configuration 7\n30 requests/s   90.0% from the cache"));
  CHECK(text.find("gru  São Paulo") < text.find("fra  Frankfurt"));
  CHECK(has(text, "50.0%"));
  CHECK(has(text, "2.5 ms"));
  CHECK(has(text, "syd             down        -"));
  for (const ScreenSize size : {ScreenSize{20, 6}, ScreenSize{1, 1}, ScreenSize{80, 24}}) {
    const std::string small = top_screen(layout, sample, size);
    size_t lines = 0;
    size_t columns = 0;
    for (const char c : small) {
      if (c == '\n') {
        CHECK(columns <= size.width);
        columns = 0;
        ++lines;
      } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
        ++columns;
      }
    }
    if (size.height > 5) CHECK(lines <= size.height);
  }
}

TEST_CASE("tokens and audit: a row for each") {
  const std::string tokens = tokens_text(JsonValue::parse(R"({"tokens": [
    {"name": "ci", "role": "operator", "created_s": 1764072000, "expires_s": null, "last_used_s": 1764075600,
     "expired": false},
    {"name": "old", "role": "viewer", "created_s": 1764072000, "expires_s": 1764072001, "last_used_s": null,
     "expired": true}]})"));
  CHECK(has(tokens, "ci    operator  2025-11-25 12:00Z  never    2025-11-25 13:00Z\n"));
  CHECK(has(tokens, "old   viewer    2025-11-25 12:00Z  expired  never\n"));
  const std::string audit = audit_text(JsonValue::parse(R"({"entries": [{"time": "T", "token": null,
    "client": "127.0.0.1", "action": "purge", "outcome": "refused", "subject": "x", "reason": "why"}]})"));
  CHECK(has(audit, "T     -      127.0.0.1  purge   refused  why\n"));
}

TEST_CASE("views: an answer of another shape is no crash") {
  for (const char* text :
       {"{}", R"({"pops": 5, "candidates": {}, "tokens": [1], "entries": [[]]})",
        R"({"pops": [null, {"nodes": [5]}], "columns": [], "ttfb_hit": [1, [2]]})",
        R"({"tokens": [{"created_s": 18446744073709551615}], "explanation": 1})"}) {
    const JsonValue json = JsonValue::parse(text);
    CHECK_FALSE(pops_text(json).empty());
    CHECK_FALSE(route_text(json).empty());
    CHECK_FALSE(stats_text(json).empty());
    CHECK_FALSE(order_text(json).empty());
    CHECK_FALSE(tokens_text(json).empty());
    CHECK_FALSE(audit_text(json).empty());
    CHECK_FALSE(top_screen(json, json, {}).empty());
  }
}

}  // namespace
}  // namespace atl::cli
