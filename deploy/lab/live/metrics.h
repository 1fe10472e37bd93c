#pragma once

#include <optional>
#include <string_view>

namespace atl::lab {

// The sum of a metric over its labels in Prometheus' text form; nullopt when it is not there.
std::optional<double> metric(std::string_view text, std::string_view name);

}  // namespace atl::lab
