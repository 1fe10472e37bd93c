// Certificates: what is refused, and which one a client gets.

#include "lib/net/tls/tls_context.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "tests/component/lib/net/tls_lab.h"

namespace atl::net::testing {
namespace {

using std::chrono::hours;

std::vector<std::string> problems_of(const std::vector<CertificateFiles>& files) {
  auto context = TlsContext::load(files, std::make_shared<TicketKeys>(), SystemClock().wall());
  return context ? std::vector<std::string>{} : context.error();
}

TEST_CASE("certificates: what is wrong is told with the file's name") {
  CertificateFolder folder;
  const CertificateText good = atl::testing::make_certificate();
  const CertificateText other = atl::testing::make_certificate();
  struct Row {
    const char* what;
    CertificateFiles files;
    std::string wanted;
  };
  CertificateFiles missing = folder.add("missing");
  missing.certificate = folder.path("nowhere.pem");
  CertificateFiles garbage = folder.add("garbage", {.certificate = "hello", .key = good.key});
  CertificateFiles no_key = folder.add("no_key", {.certificate = good.certificate, .key = ""});
  CertificateFiles mixed = folder.add("mixed", {.certificate = good.certificate, .key = other.key});
  CertificateFiles expired =
      folder.add("expired", {.names = {"localhost"}, .from = hours{-48}, .until = hours{-24}});
  CertificateFiles early =
      folder.add("early", {.names = {"localhost"}, .from = hours{24}, .until = hours{48}});
  CertificateFiles unnamed = folder.add("unnamed", {.names = {}});
  CertificateFiles wrong_name = folder.add("wrong_name", good);
  wrong_name.names = {"other.example"};
  CertificateFiles broken_chain = folder.add(
      "chain", {.certificate = good.certificate +
                               "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                .key = good.key});
  CertificateFiles bad_staple = folder.add("bad_staple", good);
  bad_staple.ocsp = folder.write("bad.ocsp", "nonsense");
  CertificateFiles other_staple = folder.add("other_staple", good);
  other_staple.ocsp = folder.write("other.ocsp", atl::testing::make_ocsp_response(other));
  CertificateFiles revoked = folder.add("revoked", good);
  revoked.ocsp = folder.write("revoked.ocsp", atl::testing::make_ocsp_response(good, false));
  CertificateFiles outdated = folder.add("outdated", good);
  outdated.ocsp = folder.write(
      "outdated.ocsp", atl::testing::make_ocsp_response(good, true, std::chrono::seconds{-30}));
  for (const Row& row : {
           Row{"no file", missing, "nowhere.pem: no such file"},
           Row{"not PEM", garbage, "garbage.pem: no certificate in PEM format"},
           Row{"no key in the file", no_key, "no_key.key: no private key in PEM format"},
           Row{"another's key", mixed, "mixed.key: not the key of the certificate in "},
           Row{"expired", expired, "expired.pem: the certificate has expired"},
           Row{"too early", early, "early.pem: the certificate is not valid yet"},
           Row{"no names", unnamed, "unnamed.pem: names no host"},
           Row{"not its name", wrong_name, "wrong_name.pem: not good for the name other.example"},
           Row{"a broken chain", broken_chain, "chain.pem: "},
           Row{"a staple that is none", bad_staple, "bad.ocsp: no OCSP response"},
           Row{"another's staple", other_staple, "other.ocsp: the OCSP response is about another"},
           Row{"revoked", revoked, "revoked.ocsp: the OCSP response does not call"},
           Row{"an old staple", outdated, "outdated.ocsp: outdated"},
       }) {
    CAPTURE(row.what);
    const auto problems = problems_of({row.files});
    REQUIRE(problems.size() == 1);
    CAPTURE(problems[0]);
    CHECK(problems[0].find(row.wanted) != std::string::npos);
  }
  CHECK(problems_of({missing, expired}).size() == 2);                              // all at once
  CHECK(problems_of({folder.add("a", good), folder.add("b", good)}).size() == 1);  // one name twice
}

TEST_CASE("certificates: chosen by the name that the client sends") {
  CertificateFolder folder;
  const auto context = context_of({folder.add("default", {.names = {"default.example"}}),
                                   folder.add("exact", {.names = {"www.site.example"}}),
                                   folder.add("wild", {.names = {"*.site.example"}})},
                                  std::make_shared<TicketKeys>());
  struct Row {
    const char* asked;
    const char* got;
  };
  for (const Row& row :
       {Row{"www.site.example", "www.site.example"}, Row{"WWW.Site.Example", "www.site.example"},
        Row{"img.site.example", "img.site.example"},  // by the wildcard
        Row{"a.b.site.example", "default.example"},   // one label only
        Row{"site.example", "default.example"}, Row{"elsewhere.example", "default.example"},
        Row{"", "default.example"}}) {
    for (const int version : {2, 3}) {
      CAPTURE(row.asked);
      CAPTURE(version);
      TlsLab lab(context);
      TlsPeer client({.server_name = row.asked, .version = version, .protocols = {}});
      lab.talk(client, lab.connect());
      CHECK(client.connected());
      CHECK(client.server_is(row.got));
    }
  }
  CHECK(context->choose(".site.example") == 0);
  CHECK(context->choose("www.site.example.") == 1);
  CHECK(context->choose(std::string(300, 'a') + ".site.example") == 0);
}

TEST_CASE("certificates: a response is stapled for those who ask") {
  CertificateFolder folder;
  const CertificateText text = atl::testing::make_certificate();
  CertificateFiles files = folder.add("site", text);
  const std::string staple = atl::testing::make_ocsp_response(text);
  files.ocsp = folder.write("site.ocsp", staple);
  for (const bool wants : {true, false}) {
    TlsLab lab(context_of({files}, std::make_shared<TicketKeys>()));
    TlsPeer client({.protocols = {}, .wants_staple = wants});
    lab.talk(client, lab.connect());
    CHECK(client.connected());
    CHECK(client.staple() == (wants ? staple : ""));
  }
}

TEST_CASE("ticket keys: each opens its tickets for three terms") {
  TicketKeys keys;
  const TicketKeys::Key first = keys.current();
  CHECK(keys.find(first.name)->current);
  keys.rotate();
  CHECK(keys.current().name != first.name);
  CHECK_FALSE(keys.find(first.name)->current);
  CHECK(keys.find(first.name)->key.cipher == first.cipher);
  keys.rotate();
  CHECK(keys.find(first.name).has_value());
  keys.rotate();
  CHECK_FALSE(keys.find(first.name).has_value());
}

}  // namespace
}  // namespace atl::net::testing
