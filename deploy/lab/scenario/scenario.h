#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/lab/scenario/latency_matrix.h"
#include "lib/geo/distance.h"

// What a scenario file says (docs/lab.md), as plain data. Times count from the start of a run.

namespace atl::lab {

using Span = std::chrono::milliseconds;

// Somewhere on Earth. `site` names a place of the latency matrix; empty: only the distance counts.
struct Site {
  std::string city;
  std::string site;
  geo::Coordinates at;
};

struct ClientRegion {
  std::string id;
  Site place;
  double clients = 1;  // its share of the requests, against the other regions'
};

struct PopSpec {
  std::string id;
  Site place;
  uint64_t cache_bytes = 0;  // of the whole PoP, shared out among its nodes
  unsigned nodes = 1;        // a key belongs to one of them (lib/ring)
};

// What happens to messages on a path, beside the time that distance takes.
struct Wire {
  enum class Jitter : uint8_t { Exponential, Lognormal, Uniform };
  Jitter jitter = Jitter::Exponential;
  double jitter_ms = 0;     // mean of what is added to a round trip
  double jitter_sigma = 1;  // Lognormal: of the logarithm
  double loss = 0;          // chance that one direction of a round trip waits for a retransmission
  double bandwidth_mbit = 0;  // of one connection; positive
};

struct ClientClass {
  std::string name;
  double share = 1;
  double rtt_ms = 0;  // of the last mile, added to every round trip of the client
  Wire wire;
};

struct Network {
  LatencyMatrix matrix;
  Wire wan;                            // between places: also a part of a client's path
  std::vector<ClientClass> classes;    // at least one
  bool tls = true;                     // a new connection shakes hands (TLS 1.3, one round trip)
  double requests_per_connection = 6;  // mean, at least 1: the first of them pays for connecting
};

struct OriginSpec {
  Site place;
  double service_ms = 20;    // median of the time to the first byte
  double service_sigma = 0;  // of its logarithm
  unsigned concurrency = 0;  // requests answered at the same time, others queue; 0: any number
};

struct CacheSpec {
  std::string policy = "cq";
  bool second_request = false;
  unsigned shards = 8;
  Span ttl{std::chrono::hours{1}};
  Span stale_while_revalidate{0};
  Span stale_if_error{0};
  Span fetch_timeout{std::chrono::seconds{10}};  // until the first byte
  double service_ms = 0.1;                       // what an edge takes to answer
  bool flights = true;                           // concurrent misses wait for one fetch
  std::string shield;                            // PoP; empty: none
};

enum class RoutingMode : uint8_t {
  Nearest,  // control-plane/geo, as the DNS front door decides
  Random,   // any PoP that is up
  Anycast,  // the nearest for most networks, another near one for some
};
std::string_view to_string(RoutingMode mode);

struct RoutingSpec {
  RoutingMode mode = RoutingMode::Nearest;
  Span answer_ttl{std::chrono::seconds{20}};  // how long a resolver keeps a PoP; not for Anycast
  Span detection{std::chrono::seconds{3}};    // until a PoP's state is known to whoever routes
  double detour = 0.2;                        // Anycast: share of networks that land elsewhere
};

// Requests of one kind.
struct Stream {
  enum class Kind : uint8_t {
    Zipf,   // independent draws; popularity ~ 1 / rank^skew
    Once,   // every request asks for an object that nobody asks for again
    Trace,  // in the order of a file
  };
  std::string name;
  Kind kind = Kind::Zipf;
  double requests_per_s = 0;
  uint64_t objects = 0;              // Zipf
  double skew = 0.9;                 // Zipf
  uint64_t size_median = 16 << 10;   // bytes, lognormal
  double size_sigma = 0;             // of the logarithm
  uint64_t size_most = 64 << 20;     // bytes
  std::string file;                  // Trace
  bool cacheable = true;             // false: passed to the origin each time
  std::optional<Span> ttl;           // in place of the cache's
  std::vector<std::string> regions;  // where its clients are; empty: everywhere
  Span from{0};                      // active in [from, until)
  Span until{0};
};

struct TimelineEvent {
  enum class Kind : uint8_t {
    PopDown,
    PopUp,
    OriginDown,
    OriginUp,    // also ends OriginSlow
    OriginSlow,  // service takes `factor` times as long
    Purge,       // of a `share` of everything, or, with `per_s`, of single objects
    FlashCrowd,  // a stream of its own, listed here to be marked in the report
  };
  Span at{0};
  Kind kind = Kind::Purge;
  std::string title;
  std::string pop;    // PopDown, PopUp
  double factor = 1;  // OriginSlow
  double share = 1;   // Purge
  double per_s = 0;   // Purge: one object at a time, by popularity
  Span lasts{0};      // Purge with per_s
  bool soft = false;  // Purge: stale instead of gone
};
std::string_view to_string(TimelineEvent::Kind kind);

// One variant of the scenario.
struct RunSpec {
  std::string id;
  std::string title;
  bool cdn = true;
  RoutingSpec routing;
  CacheSpec cache;
  std::optional<uint64_t> cache_bytes;  // of every PoP, in place of its own
};

// Runs that differ in one number.
struct Sweep {
  std::string title;
  std::vector<std::string> runs;  // ids, in the order of the values
};

struct Scenario {
  std::string name;    // the file's, without folder and extension
  std::string source;  // the file's, without folder
  std::string title;
  std::string description;
  Span duration{0};
  Span warmup{0};  // requests before it are in the timeline only
  uint64_t seed = 1;
  Network network;
  std::vector<ClientRegion> regions;
  std::vector<PopSpec> pops;
  Site control;  // from where purges set out
  OriginSpec origin;
  std::vector<Stream> streams;
  std::vector<TimelineEvent> events;  // in order of time
  std::vector<RunSpec> runs;          // at least one
  std::optional<Sweep> sweep;
};

// The same with `factor` (0 < factor <= 1) of the requests, the objects, the caches and the
// origin's concurrency: hit ratios stay about what they are, at a fraction of the work. Requests of
// a trace are as many as they are.
Scenario scaled(Scenario scenario, double factor);

// Round trip between two places without jitter: measured, or by distance (geo::modelled_rtt_ms).
double base_rtt_ms(const LatencyMatrix& matrix, const Site& from, const Site& to);

}  // namespace atl::lab
