#pragma once

#include <chrono>
#include <expected>
#include <string>

namespace atl::net {

// The certificates that the TLS server at `endpoint` ("host:port") shows, PEM, its own first.
// Nothing is verified, and nothing is sent but the handshake: for whoever knows an authority by its
// fingerprint only and has to see its certificate first. Blocks, for twice `timeout` at most. The
// error is a sentence.
std::expected<std::string, std::string> fetch_presented_chain(const std::string& endpoint,
                                                              std::chrono::seconds timeout);

}  // namespace atl::net
