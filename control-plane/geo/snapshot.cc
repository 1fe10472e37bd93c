#include "control-plane/geo/snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace atl::geo {

std::string_view to_string(PopState state) {
  switch (state) {
    case PopState::Active:
      return "active";
    case PopState::NotServing:
      return "not-serving";
    case PopState::Down:
      return "down";
    case PopState::Draining:
      return "draining";
    case PopState::AdminDown:
      return "admin-down";
  }
  return "down";
}

Snapshot::Snapshot(std::shared_ptr<const Chart> chart, std::vector<PopStatus> status)
    : chart_(std::move(chart)), status_(std::move(status)), closed_(chart_->stride()) {
  status_.resize(chart_->size());
  for (uint32_t i = 0; i < status_.size(); ++i) {
    if (status_[i].state != PopState::Active) {
      closed_[i] = std::numeric_limits<float>::infinity();
    } else if (status_[i].shed > 0) {
      shedding_.push_back(i);
    }
  }
}

bool Snapshot::decides_like(const Snapshot& other) const {
  return chart_ == other.chart_ &&
         std::equal(status_.begin(), status_.end(), other.status_.begin(), other.status_.end(),
                    [](const PopStatus& a, const PopStatus& b) {
                      return a.state == b.state && a.shed == b.shed;
                    });
}

}  // namespace atl::geo
