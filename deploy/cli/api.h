#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "lib/base/outcome.h"

namespace atl::cli {

inline constexpr const char* kControl = "http://127.0.0.1:8000";

// How the control plane is reached: an address, and a token if it asks for one.
struct ApiAccess {
  std::string control = kControl;
  std::string token;  // from ATOLL_TOKEN; never an argument, which other users can see
};

struct ApiAnswer {
  long status = 0;
  std::string body;
};

// Asks the control plane. Without proxies, redirects and retries; one thread at a time. Errors are
// sentences that say what to do.
class Api {
 public:
  // An error if the address is none, or the token could not stand in a header.
  static Outcome<Api> open(const ApiAccess& access);

  // `method`: GET, POST or DELETE. An answer of 4xx and 5xx is an answer, save 401: then the
  // sentence is about tokens.
  Outcome<ApiAnswer> ask(std::string_view method, const std::string& path,
                         const std::string& body = {}) const;
  // The object that a GET answers with; what is not 200 is an error with the control plane's own
  // sentence.
  Outcome<nlohmann::ordered_json> get(const std::string& path) const;

  // Hands on what comes until `each` says no or the stream ends; silence of five seconds is an
  // error.
  Outcome<void> stream(const std::string& path,
                       const std::function<bool(std::string_view bytes)>& each) const;

  const std::string& base() const { return base_; }

 private:
  Api(std::string base, std::string token) : base_(std::move(base)), token_(std::move(token)) {}

  std::string base_;
  std::string token_;
};

// The base of an HTTP interface without the slash at its end: "http://127.0.0.1:8000".
Outcome<std::string> parse_base_url(const std::string& text);

// "error" of an answer, or its status.
std::string problem_of(const ApiAnswer& answer);

// Percent-encoded for a query or a segment of a path (RFC 3986 section 2.3).
std::string encoded(std::string_view text);

}  // namespace atl::cli
