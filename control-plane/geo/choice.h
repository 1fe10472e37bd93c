#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "control-plane/geo/place.h"
#include "control-plane/geo/snapshot.h"
#include "lib/geo/address.h"

namespace atl::geo {

enum class Reason : uint8_t {
  Pinned,          // the operator's table names this PoP
  PinnedIsDown,    // the operator's table names another one, which cannot serve the client
  Nearest,         // of all
  NearestActive,   // nearer ones take no requests
  NearestAllowed,  // nearer ones let nobody in from the client's country
  SpillOver,       // nearer ones have more load than they should
  AllFull,         // every PoP has more load than it should; this one is first all the same
  Weighted,        // by weight
  Primary,         // first in the operator's order
  Failover,        // the first in the operator's order that can serve the client
  Canary,          // the client's network is of the canary's share
  PlaceUnknown,    // the first active one in the order of the configuration
  NoneActive,      // nothing was chosen
  Forbidden,       // nothing was chosen: the distribution is not for the client's country
};
std::string_view to_string(Reason reason);

// What a PoP is to a client; the better first. Only the first three take requests.
enum class Verdict : uint8_t {
  Open,
  Full,        // has more load than it should, and the client is of the share that goes elsewhere
  Reserve,     // the canary, and the client is not of its share
  NotServing,  // as PopState
  Down,        // as PopState
  Draining,    // as PopState: nobody is sent there even when there is no other
  AdminDown,   // likewise
  Fenced,      // lets nobody in from the client's country
  NotListed,   // not one of the distribution's PoPs
};
std::string_view to_string(Verdict verdict);
constexpr bool takes_requests(Verdict verdict) { return verdict <= Verdict::Reserve; }

struct Candidate {
  uint32_t pop = 0;  // index into the chart
  Verdict verdict = Verdict::NotListed;
  bool pinned = false;  // named by the operator's table
};

struct Decision {
  Reason reason = Reason::NoneActive;
  std::optional<uint32_t> chosen;  // index into the chart
  // The best first: by verdict, then as the distribution's policy says. None when forbidden.
  std::vector<Candidate> ranked;
  // Where the client was taken to be: for Chart::estimate(). Empty: nobody knows.
  std::optional<Chart::Origin> origin;
  // It holds only for addresses that share so many leading bits (of 128) with the client's,
  // whatever they share besides; 0: chance had no part in it.
  uint8_t hashed_bits = 0;

  // Reused from decision to decision, so that a warm one costs no allocation.
  struct Scratch {
    struct Keyed {
      float key;
      uint32_t pop;
    };
    std::vector<float> whole;
    std::vector<float> open;
    std::vector<float> blocks;
    std::vector<Keyed> best;
  } scratch;
};

// Who asks for what.
struct Question {
  const Place& place;
  const Address& client;
  uint32_t policy = 0;  // of the chart
};

inline constexpr size_t kAllCandidates = std::numeric_limits<size_t>::max();

// Ranks at most `limit` (at least 1) candidates into `decision`. Pure.
void choose(const Snapshot& snapshot, const Question& question, size_t limit, Decision& decision);

}  // namespace atl::geo
