#pragma once

#include <array>
#include <string>
#include <string_view>

namespace atl::edge {

// The names under which this node appears in HTTP.
struct Identity {
  std::string pop;
  std::string node;
  std::string name;  // "atoll-<pop>": Cache-Status member, Via pseudonym, CDN-Loop id
  // For requests, by the minor version of HTTP/1 they were received in (RFC 9110 section 7.6.3):
  // "Via: 1.1 atoll-fra\r\n".
  std::array<std::string, 2> via_lines;
  std::string loop_line;  // "CDN-Loop: atoll-fra\r\n" (RFC 8586)

  static Identity of(std::string_view pop, std::string_view node) {
    Identity identity{std::string(pop), std::string(node), "atoll-" + std::string(pop), {}, {}};
    identity.via_lines = {"Via: 1.0 " + identity.name + "\r\n",
                          "Via: 1.1 " + identity.name + "\r\n"};
    identity.loop_line = "CDN-Loop: " + identity.name + "\r\n";
    return identity;
  }
};

}  // namespace atl::edge
