#pragma once

#include <cstdint>

#include "control-plane/dns/outcome.h"
#include "control-plane/dns/query.h"
#include "control-plane/dns/reply.h"
#include "control-plane/dns/signer.h"
#include "control-plane/dns/steering.h"
#include "control-plane/dns/view.h"
#include "control-plane/dns/wire.h"
#include "control-plane/dns/zone.h"
#include "lib/geo/address.h"

namespace atl::dns {

// What one query is looked up with. Lives for one query.
struct LookupTools {
  const View& view;
  const Query& query;
  const geo::Address& asker;
  Steering& steering;
  Signer* signer;  // null: nothing is signed
  uint32_t now;    // Unix seconds
  Reply& reply;
};

struct Found {
  Reason reason;
  Rcode rcode;
};

// From the question's name, which is in the zone, to the records of the answer. `node`: what is at
// the name.
Found look_up(const LookupTools& tools, const Node* node);

}  // namespace atl::dns
