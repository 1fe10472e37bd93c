#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "control-plane/geo/chart.h"

namespace atl::geo {

// In order of preference; only Active takes requests.
enum class PopState : uint8_t {
  Active,
  NotServing,  // heard of, but starting or ill
  Down,
  Draining,   // the operator's: to be left
  AdminDown,  // the operator's: out of service
};
std::string_view to_string(PopState state);

// A PoP as it is at one moment.
struct PopStatus {
  PopState state = PopState::Down;
  // Of what it can bear, 1 being all; negative: nobody knows, or nobody said what it can bear.
  double load = -1;
  // So much of the clients' networks, 0..1, goes elsewhere while there is an elsewhere: it has more
  // load than it should (control-plane/geo/spill.h).
  double shed = 0;
};

// Everything that decisions are made from at one moment. Immutable; any thread.
class Snapshot {
 public:
  // `status`: for each PoP of the chart.
  Snapshot(std::shared_ptr<const Chart> chart, std::vector<PopStatus> status);

  const Chart& chart() const { return *chart_; }
  const PopStatus& status(uint32_t pop) const { return status_[pop]; }
  // 0 for PoPs that take requests, infinity for others; stride() of the chart.
  const float* closed() const { return closed_.data(); }
  // PoPs with a shed above 0, active ones only.
  std::span<const uint32_t> shedding() const { return shedding_; }

  // Whether every decision is the same by either. Loads alone decide nothing.
  bool decides_like(const Snapshot& other) const;

 private:
  std::shared_ptr<const Chart> chart_;
  std::vector<PopStatus> status_;
  std::vector<float> closed_;
  std::vector<uint32_t> shedding_;
};

}  // namespace atl::geo
