#include "deploy/lab/live/process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace atl::lab {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A file's name that is free, and is gone at the end.
struct Log {
  std::string path =
      (std::filesystem::temp_directory_path() / ("atoll-process-" + std::to_string(getpid())))
          .string();
  ~Log() { std::filesystem::remove(path); }
};

TEST_CASE("process: what it writes is in its log, both streams") {
  const Log log;
  {
    auto program = Process::start("/bin/sh", {"-c", "echo out; echo err >&2"}, log.path);
    REQUIRE(program);
    while (program->running()) {
    }
  }
  CHECK(text_of(log.path) == "out\nerr\n");
}

TEST_CASE("process: it ends with its owner, asked or killed") {
  for (const bool killed : {false, true}) {
    const Log log;
    pid_t id = 0;
    {
      auto program = Process::start("/bin/sleep", {"1000"}, log.path);
      REQUIRE(program);
      CHECK(program->running());
      id = program->id();
      if (killed) program->kill();
      CHECK(program->running() == !killed);
    }
    CHECK(kill(id, 0) != 0);
  }
}

TEST_CASE("process: a program that is not there is an error that names it") {
  const Log log;
  const auto program = Process::start("/nowhere/atoll-edge", {}, log.path);
  REQUIRE_FALSE(program);
  CHECK(program.error() == "/nowhere/atoll-edge: No such file or directory");
}

TEST_CASE("process: ports are free and all different") {
  const auto ports = free_ports(own_address(), 50);
  REQUIRE(ports);
  CHECK(std::set<uint16_t>(ports->begin(), ports->end()).size() == 50);
  CHECK_FALSE(free_ports("192.0.2.1", 1));
}

}  // namespace
}  // namespace atl::lab
