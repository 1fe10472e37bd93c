#pragma once

#include <span>
#include <string>

#include "tests/component/lib/store/driver.h"

namespace atl::store::testing {

// What every engine must do, as sentences. Each case uses partitions whose names begin with its
// `prefix`, where nothing is before.
struct SuiteCase {
  const char* sentence;
  void (*run)(Driver& driver, const std::string& prefix);
};

std::span<const SuiteCase> suite();

}  // namespace atl::store::testing
