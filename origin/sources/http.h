#pragma once

#include <expected>
#include <memory>
#include <string>

#include "origin/sources/http_options.h"
#include "origin/sources/source.h"

namespace atl::origin {

// An HTTP/1.1 or HTTP/2 upstream, through libcurl on a thread of its own. The error is a sentence
// for people.
std::expected<std::unique_ptr<Source>, std::string> make_http_source(HttpOptions options);

}  // namespace atl::origin
