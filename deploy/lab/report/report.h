#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/lab/report/histogram.h"
#include "lib/geo/distance.h"

// What an experiment found, before it is written down as JSON, CSV and HTML (docs/lab.md).

namespace atl::lab {

enum class Served : uint8_t {
  Hit,    // from a cache, fresh
  Stale,  // from a cache, past its lifetime
  Miss,   // waited for the origin, or for another cache on the way; a revalidation does too
  Error,  // no answer, or 502/504
};

// Of a number of requests. Errors have no latency and no bytes.
struct Stats {
  uint64_t requests = 0;
  uint64_t hits = 0;
  uint64_t stale = 0;
  uint64_t misses = 0;
  uint64_t errors = 0;
  uint64_t bytes = 0;
  uint64_t cached_bytes = 0;  // of hits and stale answers
  Histogram first_byte;       // as the client sees it, connecting included
  Histogram complete;         // to the last byte

  void record(Served served, uint64_t body_bytes, uint64_t first_us, uint64_t complete_us);
  void merge(const Stats& other);
  // Hits and stale answers among all requests.
  double hit_ratio() const;
  double byte_hit_ratio() const;
};

// A slice of a run's time.
struct Step {
  uint64_t requests = 0;
  uint64_t hits = 0;
  uint64_t errors = 0;
  uint64_t stale = 0;
  uint64_t origin_fetches = 0;
  Histogram first_byte;
};

struct PopOutcome {
  Stats stats;
  uint64_t objects = 0;  // at the end
  uint64_t bytes = 0;    // at the end, index and all
  uint64_t evictions = 0;
};

// Live mode: how late the machine was, in microseconds.
struct Lateness {
  Histogram relay;     // of what left the relay
  Histogram requests;  // of requests that were sent
};

struct RunOutcome {
  std::string id;
  std::string title;
  // As the report shows them.
  bool cdn = true;
  std::string routing;
  std::string policy;
  uint64_t cache_bytes = 0;  // of the largest PoP
  std::string shield;
  bool flights = true;

  std::vector<Stats> regions;                // as Report::regions
  std::vector<std::vector<uint64_t>> flows;  // requests, by region and PoP
  std::vector<PopOutcome> pops;              // as Report::pops; empty without a CDN
  double step_s = 1;
  std::vector<Step> steps;
  uint64_t origin_fetches = 0;
  uint64_t origin_bytes = 0;
  std::optional<Lateness> lateness;  // live mode only

  Stats total() const;
  // Share of the bytes to clients that did not come from the origin for them; 0 when there were
  // none.
  double offload() const;
};

struct ReportPlace {
  std::string id;
  std::string city;
  geo::Coordinates at;
  uint64_t capacity_bytes = 0;  // of a PoP
};

struct ReportEvent {
  double at_s = 0;
  std::string kind;
  std::string title;
};

struct SweepPoint {
  double value = 0;
  std::string run;
};

struct ReportSweep {
  std::string parameter;
  std::string title;
  std::string unit;
  std::vector<SweepPoint> points;
};

// Live mode: what the relay was asked for and what it does.
struct LinkProof {
  // From connecting to the first byte that came back.
  struct Connecting {
    double asked_ms = 0;
    double measured_ms = 0;
  };
  std::string from;
  std::string to;
  double asked_ms = 0;  // a round trip
  double measured_ms = 0;
  std::optional<Connecting> connecting;  // of links whose connections are made anew
};

struct Report {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  uint64_t seed = 1;
  bool live = false;
  double duration_s = 0;
  std::string version;
  std::vector<ReportPlace> regions;
  std::vector<ReportPlace> pops;
  std::vector<RunOutcome> runs;
  std::vector<ReportEvent> events;
  std::optional<ReportSweep> sweep;
  std::vector<LinkProof> links;  // live mode only
  std::vector<std::string> notes;
};

}  // namespace atl::lab
