#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "origin/sources/source.h"

namespace atl::origin {

struct GroupMember {
  std::string name;
  Source* source;  // outlives the group
};

// Asks its members in order: the next one when one fails before the first byte of its answer, or
// answers with one of `failover_statuses`, and the request can be put again: it was not seen, or it
// has no body and its method is idempotent. The last member's answer stands, whatever it is.
std::unique_ptr<Source> make_group_source(std::vector<GroupMember> members,
                                          std::vector<uint16_t> failover_statuses);

}  // namespace atl::origin
