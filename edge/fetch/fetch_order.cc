// Fetch: whom it asks, in which order, and when it may (docs/tiers.md).
#include <algorithm>
#include <utility>

#include "edge/cache/invalidation.h"
#include "edge/fetch/fetch.h"

namespace atl::edge {
namespace {

// For the way between two edges, on top of what the origins behind them may take.
constexpr std::chrono::milliseconds kHop{5'000};

}  // namespace

// Who else may have it. What changes a resource goes the same way, so that they hear of it.
void Fetch::ask_peers_first() {
  const bool shared =
      plan_.mode == FetchMode::Fill || !cache::is_safe_method(plan_.request->method());
  peers_ = choose_peers({.routes = *plan_.routes,
                         .pop = context_.identity.pop,
                         .node = context_.identity.node,
                         .key = plan_.key,
                         .caching = plan_.route.behaviour->cache.enabled,
                         .shared = shared,
                         .from_peer = plan_.from_peer},
                        [this](const Pop& pop, std::vector<uint64_t>& loads) {
                          context_.origins.loads(pop.peers, loads);
                          for (size_t i = 0; i < loads.size(); ++i) {
                            const auto up = context_.client.reachable(pop.peers[i].endpoint);
                            if (!up.value_or(true)) loads[i] = ring::kNotThere;
                          }
                        });
  if (peers_.shield != nullptr) origins_.insert(origins_.begin(), peers_.shield);
  if (peers_.sibling != nullptr) origins_.insert(origins_.begin(), peers_.sibling);
}

// A peer may have to try every origin of the group before it answers; each hop is given a little
// longer than the one behind it.
std::chrono::milliseconds Fetch::head_time() const {
  if (!origin().peer) return origin().head_timeout;
  auto total = at_sibling() ? 2 * kHop : kHop;
  for (const OriginEndpoint* each : plan_.route.behaviour->origin_group->members) {
    total += each->head_timeout;
  }
  return total;
}

void Fetch::count_attempt() {
  context_.counters.fetches.add();
  if (conditional_) context_.counters.revalidations.add();
  if (!origin().peer) return;
  (at_sibling() ? context_.counters.sibling_fetches : context_.counters.shield_fetches).add();
}

// To the first origin that may be asked now; else into the queue of the first that has one.
void Fetch::approach() {
  const Refusal refusal = admit_from(0);
  if (refusal == Refusal::None) return open();
  if (refusal == Refusal::Busy && join_queue()) return;
  give_up(describe_refusal(refusal));
}

// None: attempt_ and ticket_ are of the first origin from `first` on that may be asked. Otherwise
// nothing has changed, and this is why; Busy if one of them was only that.
Refusal Fetch::admit_from(size_t first) {
  Refusal why = Refusal::Unhealthy;
  for (size_t i = first; i < origins_.size(); ++i) {
    OriginBook::Admission admission = context_.origins.admit(*origins_[i]);
    if (admission.refusal == Refusal::None) {
      attempt_ = i;
      ticket_ = std::move(admission.ticket);
      return Refusal::None;
    }
    why = std::max(why, admission.refusal);
  }
  return why;
}

bool Fetch::join_queue() {
  for (size_t i = 0; i < origins_.size(); ++i) {
    queuer_ = context_.origins.wait(*origins_[i], context_.loop, *this);
    if (queuer_ == nullptr) continue;
    attempt_ = i;
    step_ = Step::Queue;
    deadline_ = context_.loop.now() + origin().queue_time;
    context_.counters.queued.add();
    return true;
  }
  return false;
}

void Fetch::on_admitted(OriginTicket ticket, Refusal refusal) {
  queuer_ = nullptr;
  if (refusal != Refusal::None) return give_up(describe_refusal(refusal));
  ticket_ = std::move(ticket);
  open();
  if (body_source_ != nullptr) body_source_->on_fetch_writable();
}

}  // namespace atl::edge
