#include "deploy/lab/live/outcome_of.h"

#include <algorithm>

#include "lib/http/chars.h"

namespace atl::lab {
namespace {

// The parameters of a member of Cache-Status that matter here.
struct Member {
  bool hit = false;
  std::string_view forwarded;  // fwd
  std::string_view status;     // fwd-status
  std::string_view ttl;
  std::string_view detail;
};

Member parse(std::string_view text) {
  Member member;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = http::trim_ows(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    if (name == "hit") member.hit = true;
    if (name == "fwd") member.forwarded = value;
    if (name == "fwd-status") member.status = value;
    if (name == "ttl") member.ttl = value;
    if (name == "detail") member.detail = value;
  }
  return member;
}

}  // namespace

Served served_of(int status, std::string_view cache_status) {
  if (status != 200) return Served::Error;
  const Member member = parse(cache_status);
  if (member.ttl.starts_with('-')) return Served::Stale;
  // Of one that ran out less than a second ago the ttl is 0; then why it was used all the same is
  // said, or that the origin did not confirm it.
  if (member.hit) {
    const bool fresh = member.detail.empty() || member.detail == "disk";
    return fresh ? Served::Hit : Served::Stale;
  }
  const bool confirmed = !member.status.empty() && !member.status.starts_with('5');
  return member.forwarded == "stale" && !confirmed ? Served::Stale : Served::Miss;
}

}  // namespace atl::lab
