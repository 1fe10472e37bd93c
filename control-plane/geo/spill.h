#pragma once

namespace atl::geo {

// When a PoP sends clients elsewhere, as shares of what it can bear: above `enter` it sends more of
// them away, below `leave` it takes some back, in between nothing changes.
struct SpillRule {
  double enter = 0.9;
  double leave = 0.7;
  bool operator==(const SpillRule&) const = default;
};

// A PoP never sends all away: what it still gets tells when it has room again.
inline constexpr double kMostShed = 15.0 / 16;
// At most so much is taken back at a time.
inline constexpr double kLargestReturn = 0.25;

// The share of clients to send elsewhere from now on, of one that has `load` while it sends `shed`
// away. Aims at the middle of the rule, so that what follows from one step does not call for the
// next. Steps of 1/64. To be asked no more often than clients take to follow. Pure.
double next_shed(double shed, double load, const SpillRule& rule);

}  // namespace atl::geo
