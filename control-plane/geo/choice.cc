#include "control-plane/geo/choice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control-plane/geo/client_hash.h"
#include "control-plane/geo/price.h"

namespace atl::geo {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();
// Before every price and every place in a list.
constexpr float kPinnedKey = -2;
constexpr float kCanaryKey = -1;

using Keyed = Decision::Scratch::Keyed;

bool before(const Keyed& a, const Keyed& b) {
  return a.key != b.key ? a.key < b.key : a.pop < b.pop;
}

// One decision. Every PoP has two keys, the least being the best: `whole` among all PoPs of the
// distribution, in whatever state, and `open` among those that the client may be sent to.
class Chooser {
 public:
  Chooser(const Snapshot& snapshot, const Question& question, Decision& decision)
      : snapshot_(snapshot),
        chart_(snapshot.chart()),
        question_(question),
        policy_(chart_.policy(question.policy)),
        country_(country_of(question.place.country)),
        decision_(decision),
        whole_(decision.scratch.whole),
        open_(decision.scratch.open) {}

  void run(size_t limit) {
    decision_.ranked.clear();
    decision_.chosen.reset();
    decision_.origin.reset();
    decision_.hashed_bits = 0;
    decision_.reason = Reason::Forbidden;
    if (!policy_.admitted.test(country_)) return;
    find_client();
    set_keys();
    prefer_pinned();
    prefer_canary();
    shed();
    rank_open(limit);
    look_whether_hashed(limit);
    if (decision_.ranked.size() < limit) rank_rest(limit);
    conclude();
  }

 private:
  // A client that is pinned to a PoP is treated as being there, so that the next ones are near it.
  void find_client() {
    if (question_.place.source == Source::SubnetPop) pinned_ = chart_.find(question_.place.pop);
    if (pinned_) {
      decision_.origin = chart_.locate(chart_.direction(*pinned_));
    } else if (question_.place.coordinates) {
      decision_.origin = chart_.locate(direction_of(*question_.place.coordinates));
    }
  }

  void set_keys() {
    const size_t count = chart_.stride();
    whole_.resize(count);
    open_.resize(count);
    const Masks masks{policy_.listed.data(), snapshot_.closed(), chart_.fence(country_)};
    const bool nearest = policy_.spec.steer == Steer::Nearest;
    if (nearest && decision_.origin) return set_prices(*decision_.origin, masks);
    std::fill(whole_.begin(), whole_.end(), kNever);
    if (nearest) {
      set_places_in_configuration();
    } else {
      set_places_in_list();
    }
    mask(masks, count, whole_.data(), open_.data());
  }

  void set_places_in_configuration() {
    for (size_t i = 0; i < chart_.size(); ++i) {
      whole_[i] = static_cast<float>(i) + policy_.listed[i];
    }
  }

  void set_prices(const Chart::Origin& origin, const Masks& masks) {
    const PopRows rows{chart_.x(), chart_.y(), chart_.z(), chart_.excess(origin), chart_.factor()};
    const Spot spot{static_cast<float>(origin.at.x), static_cast<float>(origin.at.y),
                    static_cast<float>(origin.at.z)};
    price(rows, spot, masks, whole_.size(), whole_.data(), open_.data());
  }

  // Weighted: the least of values that are exponentially distributed, each with its weight as rate,
  // falls on each in proportion to the weights; and when one PoP goes, only its clients move.
  void set_places_in_list() {
    const auto& targets = policy_.spec.targets;
    for (size_t i = 0; i < targets.size(); ++i) {
      float key = static_cast<float>(i);
      if (policy_.spec.steer == Steer::Weighted) {
        const double chance = 1 - fraction(client_hash(), policy_.salts[i]);  // (0, 1]
        key = targets[i].weight == 0 ? std::numeric_limits<float>::max()
                                     : static_cast<float>(-std::log(chance) / targets[i].weight);
      }
      whole_[targets[i].pop] = key;
    }
    hashed_ = policy_.spec.steer == Steer::Weighted;
  }

  void prefer_pinned() {
    if (!pinned_ || whole_[*pinned_] == kNever) return;
    prefer(*pinned_, kPinnedKey);
  }

  void prefer_canary() {
    const auto& canary = policy_.spec.canary;
    if (!canary || canary->pop == pinned_) return;
    hashed_ = true;
    if (fraction(client_hash(), policy_.canary_salt) * 100 < canary->percent) {
      canary_ = canary->pop;
      return prefer(canary->pop, kCanaryKey);
    }
    reserve_ = canary->pop;
    open_[canary->pop] = kNever;
  }

  void prefer(uint32_t pop, float key) {
    whole_[pop] = key;
    if (open_[pop] != kNever) open_[pop] = key;
  }

  // Who was named, by the operator's table or as the canary, is not sent elsewhere.
  bool named(uint32_t pop) const { return pop == pinned_ || pop == canary_; }

  void shed() {
    for (const uint32_t pop : snapshot_.shedding()) {
      if (open_[pop] == kNever || named(pop)) continue;
      if (fraction(client_hash(), chart_.salt(pop)) < snapshot_.status(pop).shed) {
        open_[pop] = kNever;
      }
    }
  }

  // The least open key, again and again; blocks whose least is known make each step short.
  void rank_open(size_t limit) {
    auto& best = decision_.scratch.best;
    auto& blocks = decision_.scratch.blocks;
    best.clear();
    const size_t count = open_.size() / kLanes;
    blocks.assign((count + kLanes - 1) / kLanes * kLanes, kNever);
    block_least(open_.data(), open_.size(), blocks.data());
    while (best.size() < limit) {
      const float key = least(blocks.data(), blocks.size());
      if (key == kNever) break;
      size_t block = 0;
      while (blocks[block] != key) ++block;
      size_t at = block * kLanes;
      while (open_[at] != key) ++at;
      best.push_back({key, static_cast<uint32_t>(at)});
      open_[at] = kNever;  // for now
      block_least(open_.data() + block * kLanes, kLanes, &blocks[block]);
    }
    for (const Keyed& keyed : best) {
      open_[keyed.pop] = keyed.key;
      decision_.ranked.push_back({keyed.pop, Verdict::Open, keyed.pop == pinned_});
    }
  }

  // Chance of the shedding kind had a part if it could have changed what was ranked.
  void look_whether_hashed(size_t limit) {
    const auto& best = decision_.scratch.best;
    for (const uint32_t pop : snapshot_.shedding()) {
      if (hashed_) break;
      if (named(pop) || whole_[pop] == kNever || fenced(pop)) continue;
      hashed_ = best.size() < limit || !before(best.back(), {whole_[pop], pop});
    }
    if (hashed_) decision_.hashed_bits = hashed_bits(question_.client);
  }

  bool fenced(uint32_t pop) const { return chart_.fence(country_)[pop] == kNever; }

  Verdict verdict(uint32_t pop) const {
    if (whole_[pop] == kNever) return Verdict::NotListed;
    if (fenced(pop)) return Verdict::Fenced;
    switch (snapshot_.status(pop).state) {
      case PopState::Active:
        break;
      case PopState::NotServing:
        return Verdict::NotServing;
      case PopState::Down:
        return Verdict::Down;
      case PopState::Draining:
        return Verdict::Draining;
      case PopState::AdminDown:
        return Verdict::AdminDown;
    }
    if (pop == reserve_) return Verdict::Reserve;
    return open_[pop] == kNever ? Verdict::Full : Verdict::Open;
  }

  void rank_rest(size_t limit) {
    const size_t open = decision_.ranked.size();
    for (uint32_t i = 0; i < chart_.size(); ++i) {
      const Candidate candidate{i, verdict(i), i == pinned_};
      if (candidate.verdict != Verdict::Open) decision_.ranked.push_back(candidate);
    }
    const auto better = [this](const Candidate& a, const Candidate& b) {
      if (a.verdict != b.verdict) return a.verdict < b.verdict;
      return before({whole_[a.pop], a.pop}, {whole_[b.pop], b.pop});
    };
    std::sort(decision_.ranked.begin() + static_cast<std::ptrdiff_t>(open), decision_.ranked.end(),
              better);
    if (decision_.ranked.size() > limit) decision_.ranked.resize(limit);
  }

  void conclude() {
    decision_.reason = Reason::NoneActive;
    if (decision_.ranked.empty() || !takes_requests(decision_.ranked.front().verdict)) return;
    const Candidate& first = decision_.ranked.front();
    decision_.chosen = first.pop;
    decision_.reason = reason(first);
  }

  Reason reason(const Candidate& first) const {
    if (first.pinned) return Reason::Pinned;
    if (question_.place.source == Source::SubnetPop) return Reason::PinnedIsDown;
    if (first.verdict == Verdict::Full) return Reason::AllFull;
    if (first.pop == canary_) return Reason::Canary;
    switch (policy_.spec.steer) {
      case Steer::Weighted:
        return Reason::Weighted;
      case Steer::Failover:
        return first.pop == policy_.spec.targets.front().pop ? Reason::Primary : Reason::Failover;
      case Steer::Nearest:
        break;
    }
    return decision_.origin ? why_nearest(first.pop) : Reason::PlaceUnknown;
  }

  // By the best one that was passed over.
  Reason why_nearest(uint32_t chosen) const {
    if (whole_[chosen] == least(whole_.data(), whole_.size())) return Reason::Nearest;
    Keyed best{whole_[chosen], chosen};
    for (uint32_t i = 0; i < chart_.size(); ++i) {
      const Keyed other{whole_[i], i};
      if (i != reserve_ && i != canary_ && before(other, best)) best = other;
    }
    if (best.pop == chosen) return Reason::Nearest;
    switch (verdict(best.pop)) {
      case Verdict::Fenced:
        return Reason::NearestAllowed;
      case Verdict::Full:
        return Reason::SpillOver;
      default:
        return Reason::NearestActive;
    }
  }

  uint64_t client_hash() {
    if (!hash_) hash_ = geo::client_hash(question_.client);
    return *hash_;
  }

  const Snapshot& snapshot_;
  const Chart& chart_;
  const Question& question_;
  const Chart::Policy& policy_;
  const CountryNumber country_;
  Decision& decision_;
  std::vector<float>& whole_;
  std::vector<float>& open_;
  std::optional<uint64_t> hash_;
  std::optional<uint32_t> pinned_;
  std::optional<uint32_t> canary_;   // the client is of its share
  std::optional<uint32_t> reserve_;  // the canary, of whose share the client is not
  bool hashed_ = false;
};

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Pinned:
      return "override";
    case Reason::PinnedIsDown:
      return "override-down";
    case Reason::Nearest:
      return "nearest";
    case Reason::NearestActive:
      return "nearest-active";
    case Reason::NearestAllowed:
      return "nearest-allowed";
    case Reason::SpillOver:
      return "spill-over";
    case Reason::AllFull:
      return "all-full";
    case Reason::Weighted:
      return "weighted";
    case Reason::Primary:
      return "primary";
    case Reason::Failover:
      return "failover";
    case Reason::Canary:
      return "canary";
    case Reason::PlaceUnknown:
      return "place-unknown";
    case Reason::NoneActive:
      return "none-active";
    case Reason::Forbidden:
      return "forbidden";
  }
  return "none-active";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Open:
      return "open";
    case Verdict::Full:
      return "full";
    case Verdict::Reserve:
      return "reserve";
    case Verdict::NotServing:
      return "not-serving";
    case Verdict::Down:
      return "down";
    case Verdict::Draining:
      return "draining";
    case Verdict::AdminDown:
      return "admin-down";
    case Verdict::Fenced:
      return "fenced";
    case Verdict::NotListed:
      return "not-listed";
  }
  return "not-listed";
}

void choose(const Snapshot& snapshot, const Question& question, size_t limit, Decision& decision) {
  Chooser(snapshot, question, decision).run(limit);
}

}  // namespace atl::geo
