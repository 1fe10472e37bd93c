#include "edge/fetch/response_head.h"

#include <string>
#include <vector>

#include "edge/cache/head.h"
#include "edge/cache/hidden.h"
#include "edge/cache/validation.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"

namespace atl::edge {
namespace {

struct Answer {
  uint16_t status;
  std::string_view token;
};

Answer answer_to(rpc::FailureReason reason) {
  using enum rpc::FailureReason;
  switch (reason) {
    case OriginUnreachable:
      return {502, "origin-unreachable"};
    case UnknownSource:
      return {502, "unknown-source"};
    case NameNotResolved:
      return {502, "name-not-resolved"};
    case ConnectRefused:
      return {502, "connect-refused"};
    case ConnectTimeout:
      return {504, "connect-timeout"};
    case TlsFailed:
      return {502, "tls-failed"};
    case HeadTimeout:
      return {504, "head-timeout"};
    case BodyTimeout:
      return {504, "body-timeout"};
    case Reset:
      return {502, "upstream-reset"};
    case Protocol:
      return {502, "upstream-protocol"};
    case Overloaded:
      return {503, "origin-overloaded"};
    case BadRequest:
      return {502, "contract-breach"};
    case ResumeUnknown:
      return {502, "resume-unknown"};
    case Internal:
      return {502, "origin-internal"};
    case Cancelled:
      return {502, "cancelled"};
  }
  return {502, "origin-internal"};
}

// RFC 9110 section 8.8.1: another encoding is another representation, and two nodes need not encode
// to the same bytes, so the tag becomes weak. Digests are of bytes that nobody gets.
void add_coding(policy::Coding coding, std::string_view lines, std::vector<std::string>& hide,
                std::string& add) {
  std::vector<http::Field> fields;
  cache::read_head(lines, fields);
  if (!http::lists_token(fields, "Vary", "Accept-Encoding")) add += "Vary: Accept-Encoding\r\n";
  if (coding == policy::Coding::Identity) return;
  hide.insert(hide.end(), {"etag", "content-digest", "content-md5", "digest"});
  http::append_field(add, "Content-Encoding", policy::token_of(coding));
  const std::string_view tag = cache::find_in_head(lines, "ETag");
  if (!cache::is_entity_tag(tag)) return;
  http::append_field(add, "ETag", (tag.starts_with("W/") ? "" : "W/") + std::string(tag));
}

}  // namespace

std::string_view shown_part(std::string_view lines, const cache::Meta& meta) {
  return meta.has(cache::Meta::kHiddenPart) ? cache::shown_part(lines) : lines;
}

Negotiated negotiated(std::string_view lines, const cache::Meta& meta) {
  if (!meta.has(cache::Meta::kNegotiated)) return std::nullopt;
  const auto token = cache::find_in_head(shown_part(lines, meta), "Content-Encoding");
  return policy::parse_coding(token).value_or(policy::Coding::Identity);
}

std::string_view part_for(bool peer, std::string_view lines, const cache::Meta& meta,
                          std::string& scratch) {
  if (!peer || !meta.has(cache::Meta::kHiddenPart)) return shown_part(lines, meta);
  const Negotiated coding = negotiated(lines, meta);
  cache::full_head(lines, scratch);
  if (!coding) return scratch;
  std::vector<std::string> hide;
  std::string add;
  add_coding(*coding, scratch, hide, add);
  cache::hide_lines(scratch, {hide, add}, scratch);
  return cache::shown_part(scratch);
}

void edit_head(const Behaviour& behaviour, Negotiated coding, std::string& lines,
               cache::Meta& meta) {
  const policy::HeaderEdits& edits = behaviour.response_headers;
  std::vector<std::string> hide = edits.dropped();
  std::string add(edits.lines());
  if (coding) {
    meta.flags |= cache::Meta::kNegotiated;
    add_coding(*coding, lines, hide, add);
  }
  if (cache::hide_lines(lines, {hide, add}, lines)) meta.flags |= cache::Meta::kHiddenPart;
}

UpstreamFailure describe_failure(const rpc::ExchangeFailure& failure) {
  const Answer answer = answer_to(failure.reason);
  return {.status = answer.status, .token = answer.token, .detail = failure.detail};
}

UpstreamFailure describe_refusal(Refusal refusal) {
  return {.status = 503,
          .token = to_string(refusal),
          .detail = {},
          .disconnected = refusal != Refusal::Busy};
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::None:
      return "";
    case Refusal::Unhealthy:
      return "origin-unhealthy";
    case Refusal::BreakerOpen:
      return "breaker-open";
    case Refusal::Busy:
      return "origin-busy";
  }
  return "";
}

}  // namespace atl::edge
