#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/geo/place.h"
#include "lib/geo/distance.h"

namespace atl::geo {

// In order of preference; only Active takes requests. NotServing: heard of, but starting or
// draining.
enum class PopState : uint8_t { Active, NotServing, Down };
std::string_view to_string(PopState state);

// A PoP as routing sees it.
struct Pop {
  std::string_view id;
  Direction at;
  PopState state = PopState::Down;
};

enum class Reason : uint8_t {
  Pinned,         // the operator's table names this PoP
  PinnedIsDown,   // the operator's table names another one, which takes no requests
  Nearest,        // of all
  NearestActive,  // nearer ones take no requests
  PlaceUnknown,   // the first active one in the order of the configuration
  NoneActive,     // nothing was chosen
};
std::string_view to_string(Reason reason);

struct Candidate {
  uint32_t pop = 0;  // index into the PoPs given
  PopState state = PopState::Down;
  bool pinned = false;
  // Both negative where the place of the client is unknown.
  double distance_km = -1;
  double rtt_ms = -1;
};

struct Decision {
  Reason reason = Reason::NoneActive;
  std::optional<uint32_t> chosen;  // index into the PoPs given
  // The best first: active before not serving before down, then pinned, then near. Reused from
  // decision to decision, so that a warm one costs no allocation.
  std::vector<Candidate> ranked;
};

inline constexpr size_t kAllCandidates = std::numeric_limits<size_t>::max();

// Ranks at most `limit` (at least 1) candidates into `decision`. Pure.
void choose(const Place& place, std::span<const Pop> pops, size_t limit, Decision& decision);

}  // namespace atl::geo
