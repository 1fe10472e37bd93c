#include "control-plane/frontdoor/pop_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "control-plane/frontdoor/query.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// From a redirect, or from an answer's last moment in a cache, to the connection.
constexpr milliseconds kOnTheWay{2'000};
constexpr milliseconds kLongest = std::chrono::hours(24);

const PopConfig* find_pop(const Config& config, std::string_view id) {
  const auto found = std::find_if(config.pops.begin(), config.pops.end(),
                                  [&](const PopConfig& pop) { return pop.id == id; });
  return found == config.pops.end() ? nullptr : &*found;
}

bool another_is_active(const ApiContext& context, std::string_view id) {
  const Config& config = context.view.controller.site()->config();
  return std::any_of(config.pops.begin(), config.pops.end(), [&](const PopConfig& pop) {
    return pop.id != id && context.fleet.pop_state(pop.id) == PopState::Active;
  });
}

std::expected<milliseconds, std::string> duration_of(std::string_view query, const char* name,
                                                     milliseconds unless) {
  const auto text = parameter(query, name);
  if (!text) return unless;
  const auto duration = parse_duration(*text);
  if (!duration) return std::unexpected(fmt::format("{}: {}", name, duration.error().detail));
  if (*duration > kLongest) return std::unexpected(fmt::format("{} is at most 24h", name));
  return *duration;
}

Reply give(const ApiContext& context, const Call& call, Order order) {
  const Config& config = context.view.controller.site()->config();
  const PopConfig* pop = find_pop(config, call.argument);
  if (pop == nullptr) {
    return error_reply(404, fmt::format("there is no PoP \"{}\"", call.argument));
  }
  const auto refuse = [&](uint16_t status, std::string_view why) {
    Reply reply = error_reply(status, why);
    reply.subject = pop->id;
    return reply;
  };
  const bool forced = parameter(call.query, "force") == "true";
  if (order.wish != Wish::Serve && !forced && !another_is_active(context, pop->id)) {
    return refuse(409,
                  fmt::format("no other PoP takes requests: without {} nobody would be served; "
                              "add force=true if that is what you want",
                              pop->id));
  }
  order.author = call.caller.token;
  if (auto given = context.fleet.order(pop->id, std::move(order)); !given) {
    return refuse(500, given.error());
  }
  Reply reply = json_reply(pop_json(context.view, *pop));
  reply.subject = pop->id;
  return reply;
}

}  // namespace

milliseconds drain_grace(const Config& config) {
  uint32_t ttl = 0;
  if (config.zone) {
    for (const auto& distribution : config.zone->distributions) {
      ttl = std::max(ttl, distribution.ttl);
    }
  }
  return seconds(ttl) + kOnTheWay;
}

Reply drain_pop(const ApiContext& context, const Call& call) {
  const auto grace =
      duration_of(call.query, "grace", drain_grace(context.view.controller.site()->config()));
  if (!grace) return error_reply(400, grace.error());
  const auto deadline = duration_of(call.query, "deadline", milliseconds{0});
  if (!deadline) return error_reply(400, deadline.error());
  Order order;
  order.wish = Wish::Drain;
  order.grace = *grace;
  order.deadline = *deadline;
  return give(context, call, std::move(order));
}

Reply activate_pop(const ApiContext& context, const Call& call) { return give(context, call, {}); }

Reply disable_pop(const ApiContext& context, const Call& call) {
  Order order;
  order.wish = Wish::Disable;
  return give(context, call, std::move(order));
}

}  // namespace atl::control
