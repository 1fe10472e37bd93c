#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/node.h"
#include "lib/base/error.h"

namespace atl::edge::handover {

// What the process that serves and the one that takes its place say to each other, as words in a
// line. In order:
//
//   new                old
//   take 1             its sockets, one message each, then who it is
//                      socket KIND ADDRESS          with the descriptor
//                      instance NAME
//   prepared           the disk is closed; it serves on from memory
//                      released
//   serving            accepts no more; brings its connections to an end
//   purge N SPEC       purged N
//
// Whoever hangs up before "serving" changes nothing: the old one goes on.

constexpr std::string_view kTake = "take 1";
constexpr std::string_view kPrepared = "prepared";
constexpr std::string_view kReleased = "released";
constexpr std::string_view kServing = "serving";

// Kinds of sockets: whose they are. What a process does not know it closes.
constexpr std::string_view kHttp = "http";
constexpr std::string_view kHttps = "https";
constexpr std::string_view kAdmin = "admin";

std::string socket_message(std::string_view kind, std::string_view address);
std::string instance_message(std::string_view name);
std::string purge_message(uint64_t number, const PurgeSpec& spec);
std::string purged_message(uint64_t number);

struct Line {
  std::string_view verb;
  std::vector<std::string_view> words;  // the rest
};
// Splits at single spaces. Borrows from `text`.
Line parse_line(std::string_view text);

struct NumberedPurge {
  uint64_t number = 0;
  PurgeSpec spec;
};
// Invalid: it is not what purge_message() makes.
Result<NumberedPurge> parse_purge(std::string_view text);
// The number of "purged N"; nullopt: it is something else.
std::optional<uint64_t> parse_purged(std::string_view text);

}  // namespace atl::edge::handover
