#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "control-plane/dns/signing_key.h"
#include "control-plane/dns/zone.h"
#include "control-plane/geo/snapshot.h"
#include "control-plane/geo/subnet_table.h"
#include "lib/geo/database.h"

namespace atl::dns {

// Where clients reach a PoP, as data of A and AAAA records.
struct PopAddresses {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  bool empty() const { return v4.empty() && v6.empty(); }
};

// Everything answers are made from at one moment. Immutable once published; any thread.
struct View {
  uint64_t epoch = 0;  // of two views the later one has the greater; never 0
  std::shared_ptr<const Zone> zone;
  std::shared_ptr<const SigningKey> key;  // null: the zone is not signed
  std::shared_ptr<const void> holder;     // keeps what the following ones point into
  const geo::SubnetTable* subnets = nullptr;
  std::span<const std::shared_ptr<const geo::Database>> databases;
  // The distributions of its chart are those of the zone.
  std::shared_ptr<const geo::Snapshot> routing;
  std::vector<PopAddresses> addresses;  // of the chart's PoPs, by index
};

}  // namespace atl::dns
