#include "control-plane/fleet/order.h"

#include <fmt/format.h>

namespace atl::control {
namespace {

using std::chrono::milliseconds;

PopState by_health(NodeState best) {
  switch (best) {
    case NodeState::Active:
      return PopState::Active;
    case NodeState::NotServing:
      return PopState::NotServing;
    case NodeState::Down:
      return PopState::Down;
  }
  return PopState::Down;
}

bool in_grace(const Order& order, WallTime now) {
  const WallTime given{milliseconds(order.time_ms)};
  return now >= given && now < given + order.grace;
}

Standing drain(const Order& order, const PopNodes& nodes, WallTime now) {
  if (nodes.living == 0)
    return {PopState::AdminDown, "to be drained, and none of its nodes lives", true};
  if (nodes.drained == nodes.living) {
    return {PopState::AdminDown, "drained: nothing is in flight", true};
  }
  if (in_grace(order, now)) {
    return {PopState::Draining, "nobody is sent there any more; those who come are still served",
            false};
  }
  return {PopState::Draining,
          fmt::format("{} of {} nodes finish what is in flight", nodes.living - nodes.drained,
                      nodes.living),
          true};
}

}  // namespace

std::string_view to_string(Wish wish) {
  switch (wish) {
    case Wish::Serve:
      return "serve";
    case Wish::Drain:
      return "drain";
    case Wish::Disable:
      return "disable";
  }
  return "serve";
}

std::optional<Wish> parse_wish(std::string_view text) {
  for (const Wish wish : {Wish::Serve, Wish::Drain, Wish::Disable}) {
    if (text == to_string(wish)) return wish;
  }
  return std::nullopt;
}

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

Standing stand(const Order& order, const PopNodes& nodes, WallTime now) {
  switch (order.wish) {
    case Wish::Serve:
      break;
    case Wish::Drain:
      return drain(order, nodes, now);
    case Wish::Disable:
      return {PopState::AdminDown, "disabled by the operator", false};
  }
  return {by_health(nodes.best), {}, false};
}

}  // namespace atl::control
