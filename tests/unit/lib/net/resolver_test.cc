#include "lib/net/resolver.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace atl::net {
namespace {

TEST_CASE("resolver: a numeric host is its own answer, in a later turn") {
  Loop loop;
  int calls = 0;
  const Resolver resolver(loop, {"192.0.2.7", 8080}, [&](auto got) {
    ++calls;
    REQUIRE(got);
    CHECK(*got == std::vector<Endpoint>{{"192.0.2.7", 8080}});
    loop.stop();
  });
  CHECK(calls == 0);
  loop.run();
  CHECK(calls == 1);
}

TEST_CASE(
    "resolver: a host that cannot be a name is an error, told once; the resolver may die of it") {
  Loop loop;
  int calls = 0;
  std::unique_ptr<Resolver> resolver;
  resolver = std::make_unique<Resolver>(loop, Endpoint{std::string(300, 'a'), 80}, [&](auto got) {
    ++calls;
    CHECK_FALSE(got);
    resolver.reset();
    loop.stop();
  });
  loop.run();
  CHECK(calls == 1);
}

TEST_CASE(
    "resolver: one that dies early is silent, and the loop may die with a look-up under way") {
  int calls = 0;
  {
    Loop loop;
    const Resolver early(loop, {std::string(300, 'a'), 80}, [&](auto) { ++calls; });
  }
  CHECK(calls == 0);
}

}  // namespace
}  // namespace atl::net
