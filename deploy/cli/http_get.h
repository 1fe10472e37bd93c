#pragma once

#include <chrono>
#include <string>

#include "lib/base/outcome.h"

namespace atl::cli {

struct HttpAnswer {
  long status = 0;
  std::string body;
};

// One GET of the control plane's interface, without proxy or redirect. A body above 16 MiB, or no
// answer within `timeout`, is an error that names the address.
Outcome<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout);

// The base of an HTTP interface without the slash at its end: "http://127.0.0.1:8000".
Outcome<std::string> parse_base_url(const std::string& text);

}  // namespace atl::cli
