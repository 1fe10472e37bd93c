#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "deploy/lab/policies/workload.h"
#include "deploy/lab/random/random.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/distribution.h"
#include "deploy/lab/simulation/path.h"
#include "lib/base/outcome.h"

namespace atl::lab {

// Resolvers, or networks, that the clients of one class in one region are shared out among.
inline constexpr uint32_t kGroups = 32;

struct Request {
  Tick at = 0;
  uint64_t object = 0;  // object_name() of its stream and number
  uint64_t bytes = 0;
  uint32_t cell = 0;  // see Paths
  uint32_t group = 0;
  uint32_t stream = 0;
  bool connects = false;  // on a connection of its own
};

// Objects of different streams are different objects.
constexpr uint64_t object_name(uint64_t stream, uint64_t number) { return stream << 48 | number; }
constexpr uint64_t stream_of(uint64_t object) { return object >> 48; }

// The traces that the streams of a scenario name, in their order; an empty one for other streams.
using Traces = std::vector<Workload>;
Outcome<Traces> load_traces(const Scenario& scenario);

// All requests of a scenario in order of time: Poisson arrivals in each stream. The same for every
// run of one seed, whatever becomes of them. Holds references to what it was made of.
class Traffic {
 public:
  Traffic(const Scenario& scenario, const Traces& traces, uint64_t seed);

  // nullopt at the end. Allocates nothing.
  std::optional<Request> next();
  // How many requests there will be, about.
  uint64_t expected() const { return expected_; }
  // An object by popularity, for purges of single ones.
  uint64_t popular(uint32_t stream, Random& random) const;
  // Of an object that is not of a trace.
  uint64_t size_of(uint64_t object) const {
    return sources_[stream_of(object)].sizes.at(mix(object));
  }

 private:
  struct Source {
    const Stream* stream;
    const Workload* trace;
    Tick due;
    Tick until;
    double gap;  // mean, ticks
    uint64_t sent = 0;
    Zipf zipf;
    Quantiles sizes;
    Alias cells;
  };

  void fill(Source& source, uint32_t number, Request& request);

  std::vector<Source> sources_;
  Random random_;
  double connects_;
  uint64_t expected_ = 0;
};

}  // namespace atl::lab
