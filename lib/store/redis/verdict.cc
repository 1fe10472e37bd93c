#include "lib/store/redis/verdict.h"

#include <charconv>

#include "lib/store/redis/slot.h"

namespace atl::store::redis {
namespace {

using Kind = Verdict::Kind;

std::optional<uint16_t> parse_uint16(std::string_view text) {
  uint16_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view next_word(std::string_view& text) {
  const size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return word;
}

Verdict final(Code code, bool retryable, const char* detail) {
  return {
      .kind = Kind::Final,
      .error = {.code = code, .side = Side::Upstream, .retryable = retryable, .detail = detail}};
}

Verdict later(Code code, const char* detail) {
  Verdict verdict = final(code, true, detail);
  verdict.kind = Kind::Later;
  return verdict;
}

// "MOVED 3999 127.0.0.1:6381"; the host is all before the last colon, IPv6 without brackets, and
// may be missing.
std::optional<Verdict> redirection(Kind kind, std::string_view rest) {
  const auto slot = parse_uint16(next_word(rest));
  const std::string_view place = next_word(rest);
  const size_t colon = place.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_uint16(place.substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  std::string_view host = place.substr(0, colon);
  if (host == "?") host = {};
  return Verdict{.kind = kind, .slot = *slot, .endpoint = {std::string(host), *port}};
}

struct Row {
  std::string_view code;
  Kind kind;
  Code error;
  const char* detail;
};

constexpr Row kRows[] = {
    {"NOSCRIPT", Kind::NoScript, Code::Internal, "the server forgets scripts at once"},
    {"TRYAGAIN", Kind::Later, Code::Timeout, "the partition is being moved to another server"},
    {"CLUSTERDOWN", Kind::Later, Code::Closed, "the cluster is down"},
    {"LOADING", Kind::Later, Code::Closed, "the server is reading its data"},
    {"MASTERDOWN", Kind::Demoted, Code::Closed, "the server is a replica without a master"},
    {"READONLY", Kind::Demoted, Code::Closed, "the server is a replica"},
    {"BUSY", Kind::Later, Code::Timeout, "the server is busy with a script"},
    {"NOREPLICAS", Kind::Later, Code::Exhausted, "the server has too few replicas to write"},
    {"OOM", Kind::Final, Code::Exhausted, "the memory of the server is full"},
    {"MISCONF", Kind::Final, Code::Io, "the server cannot save to its disk"},
    {"NOAUTH", Kind::Final, Code::Refused, "the server wants a password"},
    {"WRONGPASS", Kind::Final, Code::Refused, "the server refuses the password"},
    {"NOPERM", Kind::Final, Code::Refused, "the server's user may not do this"},
    {"WRONGTYPE", Kind::Final, Code::Internal, "another program uses keys of the store"},
};

}  // namespace

Verdict judge_error(std::string_view text) {
  std::string_view rest = text;
  const std::string_view code = next_word(rest);
  if (code == "MOVED" || code == "ASK") {
    if (auto verdict = redirection(code == "ASK" ? Kind::Ask : Kind::Moved, rest)) return *verdict;
    return final(Code::Internal, false, "a redirection that leads nowhere");
  }
  for (const Row& row : kRows) {
    if (code != row.code) continue;
    if (row.kind == Kind::Later) return later(row.error, row.detail);
    Verdict verdict = final(row.error, row.error != Code::Internal, row.detail);
    verdict.kind = row.kind;
    return verdict;
  }
  return final(Code::Internal, false, "the server answered with an error");
}

}  // namespace atl::store::redis
