#pragma once

#include <string>

#include "edge/policy/pieces.h"
#include "edge/policy/selection.h"
#include "lib/http/field.h"

namespace atl::policy {

// The value of one Cookie field with the cookies that `selection` keeps (RFC 6265 section 4.2.1),
// sorted by name and joined by "; ", into `out`; empty when none is left. A cookie is what ";"
// separates, inside quotes too: a reader that disagrees sees no more of them than the key does,
// because the result is what the origin is sent. False: more than Pieces::kMost cookies.
bool select_cookies(const Selection& selection, http::Fields fields, Pieces& pieces,
                    std::string& out);

}  // namespace atl::policy
