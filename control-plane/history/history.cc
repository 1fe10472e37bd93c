#include "control-plane/history/history.h"

#include <algorithm>

namespace atl::control {
namespace {

constexpr Track::Second kMostAtOnce = 10;  // seconds that are made up for after a standstill

Track::Second second_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

void History::keep_only(std::span<const std::string> pops) {
  std::erase_if(pops_, [&](const auto& entry) {
    return std::find(pops.begin(), pops.end(), entry.first) == pops.end();
  });
  for (const std::string& pop : pops) pops_.try_emplace(pop);
}

void History::hear(const NodeReading& reading) {
  const auto pop = pops_.find(reading.pop);
  if (pop == pops_.end()) return;
  auto node = pop->second.nodes.find(reading.node);
  if (node == pop->second.nodes.end()) {
    node = pop->second.nodes.emplace(reading.node, Node{}).first;
  }
  Readings& readings = node->second.readings;
  if (!readings.empty() && reading.at <= readings.last()) return;  // heard already
  readings.add(reading.instance, reading.at, *reading.statistics);
}

bool History::advance(WallTime wall, MonoTime mono, std::span<const std::string> pops,
                      std::span<const NodeReading> readings) {
  if (pops.size() != pops_.size() || !std::all_of(pops.begin(), pops.end(), [&](const auto& pop) {
        return pops_.contains(pop);
      })) {
    keep_only(pops);
  }
  for (const NodeReading& reading : readings) hear(reading);
  const Track::Second now = second_of(wall - kLag);  // not over yet
  // The first call, a standstill or a jump of the clock: go on from here.
  if (last_ == 0 || last_ > now || now - last_ > kMostAtOnce) {
    last_ = std::max<Track::Second>(now - 1, 1);
    return false;
  }
  bool closed = false;
  while (last_ + 1 < now) {
    const WallTime end{std::chrono::seconds(last_ + 2)};
    close(last_ + 1, mono - (wall - end));
    closed = true;
  }
  return closed;
}

std::optional<Point> History::close(Pop& pop, MonoTime end) {
  std::optional<Point> sum;
  for (auto& [name, node] : pop.nodes) {
    NodeStatistics counted = node.readings.at(end);
    if (!node.begun) node.counted = counted;
    node.begun = true;
    const Point point = difference(node.counted, counted);
    node.counted = std::move(counted);
    if (end - node.readings.last() > kSilence) continue;
    if (sum) {
      add_beside(*sum, point);
    } else {
      sum = point;
    }
  }
  std::erase_if(pop.nodes, [&](const auto& node) {
    return end - node.second.readings.last() > std::chrono::hours(1);
  });
  return sum;
}

void History::close(Track::Second second, MonoTime end) {
  latest_.reset();
  for (auto& [name, pop] : pops_) {
    pop.latest = close(pop, end);
    if (!pop.latest) continue;
    pop.track.add(second, *pop.latest);
    if (latest_) {
      add_beside(*latest_, *pop.latest);
    } else {
      latest_ = pop.latest;
    }
  }
  if (latest_) all_.add(second, *latest_);
  last_ = second;
}

std::optional<Point> History::latest(std::string_view pop) const {
  if (pop.empty()) return latest_;
  const auto found = pops_.find(pop);
  return found == pops_.end() ? std::nullopt : found->second.latest;
}

std::optional<Track::Series> History::series(std::string_view pop, Window window) const {
  if (pop.empty()) return all_.series(window, last_ + 1);
  const auto found = pops_.find(pop);
  if (found == pops_.end()) return std::nullopt;
  return found->second.track.series(window, last_ + 1);
}

}  // namespace atl::control
