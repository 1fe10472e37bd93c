#pragma once

#include <cstddef>

// The arithmetic of a decision over all PoPs at once, in single precision and in loops that
// compilers turn into vector instructions (tests/bench/route). Private to control-plane/geo.

namespace atl::geo {

// Rows have a length that is a multiple of this.
inline constexpr size_t kLanes = 8;

// One value for each PoP.
struct PopRows {
  const float* x;       // on the unit sphere
  const float* y;       //
  const float* z;       //
  const float* excess;  // ms to add to the model, for this client
  const float* factor;  // by the operator's bias; infinite beyond the last PoP
};

struct Spot {
  float x, y, z;
};

// Rows of 0 and infinity, which take PoPs out: in what they are added to, infinite is out.
struct Masks {
  const float* listed;  // is it one of the distribution's
  const float* closed;  // does it take requests
  const float* fence;   // does it let the client in
};

// whole[i] = what PoP i costs a client at `spot`, if it is listed: the estimated round trip in ms,
// biased. open[i] = the same, if it is neither closed nor fenced. Distances are right to some
// metres, near the antipodes to some kilometres.
void price(const PopRows& pops, const Spot& spot, const Masks& masks, size_t count, float* whole,
           float* open);

// open[i] from whole[i], which may be anything.
void mask(const Masks& masks, size_t count, const float* whole, float* open);

float least(const float* row, size_t count);

// least[b] = the least of the kLanes values from row[b * kLanes] on.
void block_least(const float* row, size_t count, float* least);

}  // namespace atl::geo
