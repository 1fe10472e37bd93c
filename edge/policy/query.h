#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/policy/pieces.h"
#include "edge/policy/selection.h"

namespace atl::policy {

// The target with the query that `selection` keeps: parameters are what "&" separates, empty ones
// are dropped, and so is the "?" when none is left. Nothing is decoded: a parameter spelled
// differently is another one. That is safe because the result is both what the response is stored
// under and what the origin is asked, so no parameter that the origin sees is missing from the key.
//
// The result points into `path_and_query`, when nothing changes, or into `out`. Nothing: more than
// Pieces::kMost parameters.
std::optional<std::string_view> normalise_query(const Selection& selection,
                                                std::string_view path_and_query, Pieces& pieces,
                                                std::string& out);

}  // namespace atl::policy
