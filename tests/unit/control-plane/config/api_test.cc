#include "control-plane/config/api.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::control {
namespace {

struct Read {
  ApiConfig api;
  std::string problems;
};

Read read(const std::string& keys, const std::string& listen) {
  config::Reader reader = config::Reader::from_text("c.toml", keys.empty() ? "" : "[api]\n" + keys);
  Read made{read_api(reader.table("api"), listen), {}};
  for (const std::string& problem : reader.problems()) made.problems += problem + "\n";
  return made;
}

TEST_CASE("api configuration: what others can reach asks for tokens, or says that it does not") {
  struct Row {
    const char* keys;
    const char* listen;
    const char* problem;  // how it begins; empty: none
  };
  for (const Row& row : {
           Row{"", "127.0.0.1:8000", ""},
           Row{"", "127.9.9.9:8000", ""},
           Row{"", "[::1]:8000", ""},
           Row{"", "localhost:8000", ""},
           Row{"", "0.0.0.0:8000",
               "c.toml: authentication is \"off\", but others than this machine"},
           Row{"authentication = \"off\"\n", "[::]:8000", "c.toml:2:18: authentication is \"off\""},
           Row{"", "192.0.2.1:8000", "c.toml: authentication is \"off\""},
           Row{"", "localhost.example:80", "c.toml: authentication is \"off\""},
           Row{"", "128.0.0.1:80", "c.toml: authentication is \"off\""},
           Row{"authentication = \"required\"\n", "0.0.0.0:8000", ""},
           Row{"authentication = \"required\"\n", "127.0.0.1:8000", ""},
           Row{"allow_unprotected = true\n", "0.0.0.0:8000", ""},
           Row{"allow_unprotected = true\n", "127.0.0.1:8000", "c.toml:2:21: allow_unprotected"},
           Row{"authentication = \"required\"\nallow_unprotected = true\n", "0.0.0.0:80",
               "c.toml:3:21: allow_unprotected"},
           Row{"authentication = \"on\"\n", "127.0.0.1:80", "c.toml:2:18: authentication"},
       }) {
    CAPTURE(row.keys);
    CAPTURE(row.listen);
    const std::string problems = read(row.keys, row.listen).problems;
    CAPTURE(problems);
    CHECK(problems.empty() == std::string(row.problem).empty());
    CHECK(problems.starts_with(row.problem));
  }
  CHECK(read("", "127.0.0.1:80").api.authentication == Authentication::Off);
  CHECK(read("authentication = \"required\"\n", "0.0.0.0:80").api.authentication ==
        Authentication::Required);
}

}  // namespace
}  // namespace atl::control
