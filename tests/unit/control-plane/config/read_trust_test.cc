#include "control-plane/config/read_trust.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::control {
namespace {

TEST_CASE("trust configuration: a port that others reach has it, or says that it does not") {
  struct Row {
    const char* keys;
    const char* listen;
    const char* problem;  // a part of it; empty: none
  };
  for (const Row& row : {
           Row{"", "127.0.0.1:8001", ""},
           Row{"", "[::1]:8001", ""},
           Row{"", "0.0.0.0:8001", "fleet_listen can be reached from other hosts"},
           Row{"", "control.example:8001", "fleet_listen can be reached"},
           Row{"enabled = true\n", "0.0.0.0:8001", ""},
           Row{"enabled = true\n", "127.0.0.1:8001", ""},
           Row{"insecure = true\n", "0.0.0.0:8001", ""},
           Row{"enabled = true\ninsecure = true\n", "0.0.0.0:8001",
               "c.toml:3:12: insecure contradicts"},
           Row{"enabled = true\nname = \"a b\"\n", "127.0.0.1:1", "c.toml:3:8: name must be"},
           Row{"enabled = true\ncertificate_life = \"91d\"\n", "127.0.0.1:1",
               "longer than 90 days"},
           Row{"enabled = true\ncertificate_life = \"4s\"\n", "127.0.0.1:1", "certificate_life"},
           Row{"name = \"west\"\n", "127.0.0.1:1", "name has a meaning only with enabled = true"},
           Row{"certificate_life = \"1d\"\n", "127.0.0.1:1", "certificate_life has a meaning only"},
       }) {
    CAPTURE(row.keys);
    CAPTURE(row.listen);
    config::Reader reader =
        config::Reader::from_text("c.toml", std::string("[control.trust]\n") + row.keys);
    read_trust(reader.table("control"), row.listen);
    std::string problems;
    for (const std::string& problem : reader.problems()) problems += problem + "\n";
    CAPTURE(problems);
    CHECK(problems.empty() == std::string(row.problem).empty());
    CHECK(problems.find(row.problem) != std::string::npos);
  }
}

}  // namespace
}  // namespace atl::control
