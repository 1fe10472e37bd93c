// A simulated hit must not allocate. A program of its own, because it replaces operator new.

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "deploy/lab/simulation/engine.h"
#include "tests/unit/deploy/lab/support_scenario.h"

namespace {
uint64_t allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

using namespace atl::lab;
using atl::lab::testing::read;
using atl::lab::testing::small;

TEST_CASE("allocation: none for a request that the cache answers, from drawing it to counting it") {
  const Scenario scenario = read(
      small("[[class]]\nname = \"c\"\nrtt_ms = 5\njitter_ms = 2\nloss = 0.01\n", "ttl = \"1h\"\n"));
  const auto traces = load_traces(scenario);
  REQUIRE(traces);
  const Paths paths(scenario);
  Traffic traffic(scenario, *traces, 1);
  Engine engine(scenario, scenario.runs[0], paths, traffic, 1);
  uint64_t counted = 0;
  uint64_t requests = 0;
  // By half of the time everything is stored.
  while (const auto request = traffic.next()) {
    if (request->at < 30 * kSecond) {
      engine.request(*request);
      continue;
    }
    const uint64_t before = allocations;
    engine.request(*request);
    counted += allocations - before;
    ++requests;
  }
  engine.finish();
  const RunOutcome outcome = engine.take_outcome();
  uint64_t late_fetches = 0;
  for (size_t i = 30; i < outcome.steps.size(); ++i)
    late_fetches += outcome.steps[i].origin_fetches;
  CHECK(requests > 5000);
  CHECK(late_fetches < 20);
  CHECK(counted <= late_fetches * 10);  // what is fetched is stored; nothing else
}
