#pragma once

#include <functional>

#include "edge/disk/purge_book.h"
#include "edge/node.h"
#include "edge/shared.h"

namespace atl::edge {

// Carries a purge out: what is being fetched is kept from being stored first, then the store is
// cleared of what was, disk and memory. Any thread. Invalid when `spec` makes no sense. What is on
// disk is not counted, because a purge does not look at it. `durable` is called once, if given, on
// any thread: when the purge is also true after a crash, or with why it is not.
using PurgeDurable = std::move_only_function<void(Result<void>)>;
Result<PurgeOutcome> carry_out(const PurgeSpec& spec, const RouteTable* routes, Shared& shared,
                               PurgeDurable durable = {});

// How the disk tier tells what a purge means.
disk::Matchers purge_matchers();

}  // namespace atl::edge
