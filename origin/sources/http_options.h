#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace atl::origin {

enum class Http2 : uint8_t {
  Auto,            // offered by ALPN over TLS; HTTP/1.1 without TLS
  Off,             // HTTP/1.1 always
  PriorKnowledge,  // HTTP/2 always, without TLS too
};

// An HTTP upstream.
struct HttpOptions {
  std::string url;   // "http://host:port/base" or "https://..."; the base goes before every target
  std::string host;  // sent as Host; empty: see preserve_host
  bool preserve_host = true;  // the client's Host; false: the URL's
  Http2 http2 = Http2::Auto;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds head_timeout{30'000};  // from the start to the final response head
  std::chrono::milliseconds idle_timeout{30'000};  // between two reads of a body that is wanted
  std::chrono::milliseconds timeout{0};            // whole exchange; 0: none
  uint32_t max_connections = 128;                  // further exchanges wait for one
  uint32_t max_idle_connections = 32;
  std::string ca_file;        // PEM; empty: the system's
  bool forwarded_for = true;  // append the client to X-Forwarded-For
};

}  // namespace atl::origin
