#include "control-plane/access/audit_log.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

using Json = nlohmann::json;

AuditEntry entry(const std::string& subject, const std::string& reason = {}) {
  return {1'764'072'000'005, "ops", "operator", "127.0.0.1", "purge", subject, 202, reason};
}

TEST_CASE("audit log: an entry is one line of JSON, whatever is in it") {
  const std::string line = to_json_line(entry("a\nb\"\xff"));
  CHECK(line.find('\n') == std::string::npos);
  const Json json = Json::parse(line);
  CHECK(json["time"] == "2025-11-25T12:00:00.005Z");
  CHECK(json["time_ms"] == 1'764'072'000'005);
  CHECK(json["outcome"] == "done");
  CHECK(json["reason"].is_null());
  AuditEntry refused = entry("x", "why");
  refused.status = 403;
  CHECK(Json::parse(to_json_line(refused))["outcome"] == "refused");
  refused.status = 500;
  CHECK(Json::parse(to_json_line(refused))["outcome"] == "failed");
  CHECK(Json::parse(to_json_line(AuditEntry{}))["token"].is_null());
}

TEST_CASE("audit log: the latest entries first, also those of others and without torn ones") {
  const ScratchDirectory scratch;
  AuditLog log(scratch.file("audit"));
  CHECK(log.latest(10)->empty());
  for (int i = 0; i < 5; ++i) REQUIRE(log.append(entry(std::to_string(i))));
  REQUIRE(AuditLog(scratch.file("audit")).append(entry("other")));
  scratch.write("audit", scratch.read("audit") + "{\"time\": \"torn");
  const auto lines = log.latest(3);
  REQUIRE(lines);
  REQUIRE(lines->size() == 3);
  CHECK(Json::parse(lines->at(0))["subject"] == "other");
  CHECK(Json::parse(lines->at(1))["subject"] == "4");
  CHECK(log.latest(1000)->size() == 6);
}

TEST_CASE("audit log: a large file is put aside, and only its end is read") {
  const ScratchDirectory scratch;
  AuditLog log(scratch.file("audit"));
  const std::string line = to_json_line(entry("old")) + "\n";
  std::string old;
  while (old.size() + 2 * line.size() < AuditLog::kLargest) old += line;
  scratch.write("audit", old);
  CHECK(log.latest(AuditLog::kMostRead + 5)->size() == AuditLog::kMostRead);
  REQUIRE(log.append(entry("last")));
  CHECK_FALSE(std::filesystem::exists(scratch.file("audit.1")));
  REQUIRE(log.append(entry("new")));
  CHECK(std::filesystem::exists(scratch.file("audit.1")));
  CHECK(log.latest(10)->size() == 1);
}

TEST_CASE("audit log: a file that cannot be written is an error with its name") {
  const ScratchDirectory scratch;
  AuditLog log(scratch.file("absent/audit"));
  const auto written = log.append(entry("x"));
  REQUIRE_FALSE(written);
  CHECK(written.error().find("absent/audit") != std::string::npos);
}

}  // namespace
}  // namespace atl::control
