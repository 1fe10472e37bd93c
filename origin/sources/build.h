#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "lib/rpc/deadline_queue.h"
#include "origin/config.h"
#include "origin/service.h"
#include "origin/sources/content_types.h"
#include "origin/sources/task_pool.h"

namespace atl::origin {

// What sources share. Outlives them.
struct SourceWorld {
  explicit SourceWorld(unsigned file_threads) : pool(file_threads) {}

  ContentTypes types = ContentTypes::load();
  rpc::DeadlineQueue timers;
  TaskPool pool;
};

// Makes every source of `config` and gives it to `service`. Returns a sentence for each that cannot
// be made.
std::vector<std::string> build_sources(const Config& config, SourceWorld& world, Service& service);

}  // namespace atl::origin
