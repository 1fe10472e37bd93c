#pragma once

#include <cstdint>
#include <string>

#include "deploy/lab/scenario/scenario.h"

namespace atl::lab {

// How objects of a scenario are asked for over HTTP: the source `synthetic` of atoll-origin makes
// them from what the target says, so that an object has the same size, lifetime and tags each time.
// Holds references to what it was made of.
class Objects {
 public:
  Objects(const Scenario& scenario, const RunSpec& run) : scenario_(scenario), run_(run) {}

  std::string target(uint64_t object, uint64_t bytes) const;
  // A whole GET; `delay_ms`: how long the origin shall take if it is asked.
  std::string request(uint64_t object, uint64_t bytes, uint64_t delay_ms) const;
  // The URL by which edges know it, for purges.
  std::string url(uint64_t object, uint64_t bytes) const;

 private:
  const Scenario& scenario_;
  const RunSpec& run_;
};

// What objects that a purge of a share of everything concerns are tagged with.
std::string purge_tag(size_t event);

}  // namespace atl::lab
