#include "edge/config.h"

#include <doctest/doctest.h>

#include "tests/support/scratch_directory.h"

namespace atl::edge {
namespace {

constexpr std::string_view kLeast = "[edge]\npop = \"fra\"\nstate_dir = \"/tmp/x\"\n";

TEST_CASE("edge config: what is left out has a default") {
  config::Reader reader = config::Reader::from_text("edge.toml", kLeast);
  const Config config = read_config(reader);
  CHECK(reader.problems().empty());
  CHECK(config.node == "0");
  CHECK(config.listen == std::vector<std::string>{"127.0.0.1:8080"});
  CHECK(config.cache_memory == 256_MiB);
  CHECK(config.fetch.max_object == 32 << 20);  // an eighth of the cache
  CHECK(config.retained == 64_MiB);
  CHECK(config.workers == 1);
  CHECK(config.cache_policy == "cq");
  CHECK_FALSE(config.cache_second_request);
  CHECK(config.control.empty());
}

TEST_CASE("edge config: values and flags") {
  config::Reader reader = config::Reader::from_text(
      "edge.toml", std::string(kLeast) +
                       "listen = [\"127.0.1.1:80\", \"[::1]:80\"]\ncache_memory = \"1GiB\"\n"
                       "workers = 3\ncache_policy = \"gdsf\"\ncache_admission = "
                       "\"second-request\"\n[edge.limits]\nhead = "
                       "\"16KiB\"\nkeep_alive = \"5s\"\n"
                       "[edge.fetch]\nmax_object = \"2MiB\"\n");
  reader.flag("edge.workers", "--workers", {"5"});
  const Config config = read_config(reader);
  CHECK(reader.problems().empty());
  CHECK(config.listen.size() == 2);
  CHECK(config.workers == 5);
  CHECK(config.cache_policy == "gdsf");
  CHECK(config.cache_second_request);
  CHECK(config.limits.head == 16_KiB);
  CHECK(config.limits.keep_alive == std::chrono::seconds{5});
  CHECK(config.fetch.max_object == 2 << 20);
}

TEST_CASE("edge config: TLS is off, or has addresses and certificates") {
  config::Reader off = config::Reader::from_text("edge.toml", kLeast);
  CHECK(read_config(off).tls.listen.empty());
  config::Reader on = config::Reader::from_text(
      "edge.toml", std::string(kLeast) +
                       "[edge.tls]\nlisten = [\"127.0.0.1:8443\"]\nhandshake_time = \"3s\"\n"
                       "[[edge.tls.certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n"
                       "[[edge.tls.certificate]]\ncertificate = \"b.pem\"\nkey = \"b.key\"\n"
                       "names = [\"*.b.example\"]\nocsp = \"b.ocsp\"\n");
  const TlsConfig tls = read_config(on).tls;
  CHECK(on.problems().empty());
  CHECK(tls.listen == std::vector<std::string>{"127.0.0.1:8443"});
  CHECK(tls.handshake_time == std::chrono::seconds{3});
  REQUIRE(tls.certificates.size() == 2);
  CHECK(tls.certificates[0] == net::CertificateFiles{"a.pem", "a.key", {}, {}});
  CHECK(tls.certificates[1] == net::CertificateFiles{"b.pem", "b.key", {"*.b.example"}, "b.ocsp"});
}

TEST_CASE("edge config: links to other hosts have trust, or say that they do not") {
  struct Row {
    const char* keys;
    const char* problem;  // a part of the only one; empty: none
  };
  for (const Row& row : {
           Row{"control = \"127.0.0.1:1\"\npeer_listen = \"127.0.0.1:2\"\n", ""},
           Row{"control = \"a.example:1\"\n", "control is on another host"},
           Row{"peer_listen = \"0.0.0.0:2\"\n", "peer_listen can be reached from other hosts"},
           Row{"control = \"a.example:1\"\n[edge.trust]\ninsecure = true\n", ""},
           Row{"peer_listen = \"0.0.0.0:2\"\n[edge.trust]\ninsecure = true\n", ""},
           Row{"control = \"a.example:1\"\npeer_listen = \"0.0.0.0:2\"\n[edge.trust]\n"
               "enabled = true\ntoken_file = \"t\"\nrefresh = \"1s\"\n",
               ""},
           Row{"control = \"a.example:1\"\n[edge.trust]\nenabled = true\ninsecure = true\n",
               "insecure contradicts enabled = true"},
           Row{"[edge.trust]\nenabled = true\n", "needs the control plane"},
           Row{"[edge.trust]\ntoken_file = \"t\"\n", "has a meaning only with enabled = true"},
           Row{"[edge.trust]\nrefresh = \"1s\"\n", "has a meaning only with enabled = true"},
       }) {
    CAPTURE(row.keys);
    config::Reader reader = config::Reader::from_text("edge.toml", std::string(kLeast) + row.keys);
    const Config config = read_config(reader);
    const auto problems = reader.problems();
    CHECK(problems.size() == (std::string(row.problem).empty() ? 0 : 1));
    if (problems.size() == 1) CHECK(problems[0].find(row.problem) != std::string::npos);
  }
}

TEST_CASE("edge config: every mistake is a problem") {
  for (const char* wrong :
       {"cache_policy = \"belady\"", "cache_policy = 1", "workers = 0", "workers = 1000",
        "cache_memory = \"1KiB\"", "listen = [\"nonsense\"]", "control = \"h\"", "unknown = 1",
        "node = \"a b\"", "[edge.limits]\nfields = 1", "[edge.limits]\nhead_time = \"0s\"",
        "[edge.tls]\nhandshake_time = \"1s\"", "[edge.tls]\nlisten = [\"127.0.0.1:1\"]",
        "[edge.tls]\nlisten = [\"127.0.0.1:1\"]\n[[edge.tls.certificate]]\nkey = \"a\"",
        "[[edge.tls.certificate]]\ncertificate = \"a\"\nkey = \"a\"", "[edge.fetch]\nnothing = 1",
        "[other]\na = 1"}) {
    CAPTURE(wrong);
    config::Reader reader =
        config::Reader::from_text("edge.toml", std::string(kLeast) + wrong + "\n");
    read_config(reader);
    CHECK(reader.problems().size() == 1);
  }
  config::Reader reader = config::Reader::from_text("edge.toml", "[edge]\npop = \"a b\"\n");
  read_config(reader);
  CHECK(reader.problems().size() == 2);  // the name, and no state_dir
}

TEST_CASE("edge config: volumes of the disk tier") {
  const ScratchDirectory scratch;
  const std::string volume = "[[edge.disk]]\npath = \"" + scratch.file("v");
  const std::string good = volume + "\"\nsize = \"32MiB\"\nunreadable = \"put-aside\"\n";
  config::Reader reader = config::Reader::from_text(
      "edge.toml", std::string(kLeast) +
                       "disk_write_budget = \"1MiB\"\ndisk_admission = \"all\"\n" + good + volume +
                       "2\"\nsize = \"16MiB\"\n");
  const Config config = read_config(reader);
  CHECK(reader.problems().empty());
  REQUIRE(config.disk.volumes.size() == 2);
  CHECK(config.disk.volumes[0].path == scratch.file("v"));
  CHECK(config.disk.volumes[0].size == 32 << 20);
  CHECK(config.disk.volumes[0].put_aside);
  CHECK_FALSE(config.disk.volumes[1].put_aside);
  CHECK(config.disk.write_budget == 1 << 20);
  CHECK(config.disk.admission == disk::AdmissionRule::All);

  struct Row {
    std::string text;
    const char* says;
  };
  for (const Row& row :
       {Row{volume + "\"\n", "is missing"}, Row{volume + "\"\nsize = \"1MiB\"\n", "at least"},
        Row{volume + "\"\nsize = \"1000TiB\"\n", "of room"},
        Row{volume + "/absent/v\"\nsize = \"16MiB\"\n", "does not exist"},
        Row{"[[edge.disk]]\npath = \"/\"\nsize = \"16MiB\"\n", "neither a file"},
        Row{good + good, "another volume"}, Row{good + "colour = 1\n", "colour"},
        Row{"disk_admission = \"some\"\n", "disk_admission"}}) {
    CAPTURE(row.text);
    config::Reader wrong = config::Reader::from_text("edge.toml", std::string(kLeast) + row.text);
    read_config(wrong);
    const auto problems = wrong.problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find(row.says) != std::string::npos);
  }
}

}  // namespace
}  // namespace atl::edge
