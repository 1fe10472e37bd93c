#include "edge/frontend/answer.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <random>
#include <utility>

#include "edge/cache/head.h"
#include "edge/cache/validation.h"
#include "lib/http/field_lookup.h"
#include "lib/http/status.h"

namespace atl::edge {
namespace {

// Keeps what a multipart answer is made of until it has left.
struct MultipartBody {
  cache::Pin object;
  cache::Multipart plan;
};

std::string_view shown(const cache::Object& object) {
  return shown_part(object.head(), object.meta());
}

std::string make_boundary() {
  // Unforeseeable, so that no content can pretend to be a part's end (RFC 2046 section 5.1.1).
  std::random_device device;
  return fmt::format("atoll-{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

}  // namespace

bool is_bodiless(std::string_view method, uint16_t status) {
  return method == "HEAD" || status == 204 || status == 304;
}

void relabel_head(std::string_view head, uint16_t status, std::string& out) {
  out = fmt::format("HTTP/1.1 {} {}", status, http::reason_phrase(status));
  out += head.substr(std::min(head.find("\r\n"), head.size()));
}

Selection select(const http::RequestHead& request, const Representation& representation) {
  Selection selection;
  const cache::RequestView view{request.method, request.fields};
  if (cache::evaluate_preconditions(view, representation.validators) ==
      cache::Precondition::NotModified) {
    selection.kind = Selection::Kind::NotModified;
    return selection;
  }
  if (representation.validators.status != 200) return selection;
  if (http::find(request.fields, "Range") == nullptr) return selection;
  const cache::StoredView& validators = representation.validators;
  selection.ranges = cache::decide_range(view, {.size = representation.size,
                                                .etag = validators.etag,
                                                .last_modified = validators.last_modified,
                                                .date = validators.date});
  switch (selection.ranges.send) {
    case cache::RangeDecision::Send::Whole:
      break;
    case cache::RangeDecision::Send::Unsatisfiable:
      selection.kind = Selection::Kind::Unsatisfiable;
      break;
    case cache::RangeDecision::Send::Partial:
      selection.kind =
          selection.ranges.count == 1 ? Selection::Kind::Partial : Selection::Kind::Multipart;
      selection.validated = http::find(request.fields, "If-Range") != nullptr;
      break;
  }
  return selection;
}

PartAnswer answer_in_parts(const cache::Object& stored, std::string_view head,
                           const Selection& selection) {
  const uint64_t size = stored.body_size();
  PartAnswer answer{.length = size};
  if (selection.kind == Selection::Kind::Whole) {
    if (size != 0) answer.sections.push_back({{}, {0, size - 1}});
    return answer;
  }
  answer.status = 206;
  const auto ranges = selection.ranges.view();
  cache::PartialHead partial{
      .content_range = {}, .content_type = {}, .validated = selection.validated};
  if (selection.kind == Selection::Kind::Partial) {
    const std::string content_range =
        cache::content_range(selection.named.value_or(ranges[0]), size);
    partial.content_range = content_range;
    cache::build_partial_head(head, partial, answer.head);
    answer.length = ranges[0].size();
    answer.sections.push_back({{}, ranges[0]});
    return answer;
  }
  cache::Multipart plan = cache::plan_multipart(
      ranges, size, cache::find_in_head(head, "Content-Type"), make_boundary());
  partial.content_type = plan.content_type;
  cache::build_partial_head(head, partial, answer.head);
  answer.length = plan.length;
  for (size_t i = 0; i < ranges.size(); ++i) {
    answer.sections.push_back({std::move(plan.heads[i]), ranges[i]});
  }
  answer.end = std::move(plan.tail);
  return answer;
}

void Answerer::add_lines(LineBuffer& out, const CacheStatus& status,
                         std::optional<std::chrono::seconds> age) const {
  if (age) add_age(out, *age);
  add_cache_status(out, identity_.name, status);
}

void Answerer::stored(const Exchange& exchange, cache::Pin object, const CacheStatus& status,
                      WallTime now, Account account) {
  LineBuffer lines;
  add_lines(lines, status, cache::current_age(object->meta(), now));
  Reply reply{exchange, lines.text(), now, account};
  reply.account.from_cache = true;
  const Selection selection =
      select(exchange.head, {shown(*object), object->validators(), object->body_size()});
  pieces_.clear();
  switch (selection.kind) {
    case Selection::Kind::Whole:
      return whole(reply, std::move(object));
    case Selection::Kind::NotModified:
      return not_modified(reply, *object);
    case Selection::Kind::Partial:
      return partial(reply, std::move(object), selection);
    case Selection::Kind::Multipart:
      return multipart(reply, std::move(object), selection);
    case Selection::Kind::Unsatisfiable:
      return unsatisfiable(reply, *object);
  }
}

void Answerer::error_page(const Exchange& exchange, cache::Pin object, uint16_t response_status,
                          const CacheStatus& status, WallTime now, Account account) {
  LineBuffer lines;
  add_lines(lines, status, cache::current_age(object->meta(), now));
  Reply reply{exchange, lines.text(), now, account};
  reply.account.from_cache = true;
  relabel_head(shown(*object), response_status, scratch_);
  const bool bodiless = is_bodiless(exchange.head.method, response_status);
  const uint64_t size = object->body_size();
  pieces_.clear();
  for (size_t i = 0; !bodiless && i < object->segment_count(); ++i) {
    pieces_.push_back(object->segment(i));
  }
  send(reply, scratch_, {response_status, bodiless ? 0 : size},
       {.length = size, .bodiless = bodiless}, std::move(object).to_holder());
}

void Answerer::send(Reply& reply, std::string_view head, Sent sent, server::Framing framing,
                    Holder holder) {
  reply.account.sent = sent;
  journal_.write(reply.exchange, reply.account, reply.now);
  const std::array<std::string_view, 2> pieces{head, reply.lines};
  reply.exchange.responder.respond(pieces, pieces_, framing, std::move(holder));
}

std::string_view Answerer::head_for(const Exchange& exchange, const cache::Object& object) {
  return part_for(exchange.peer, object.head(), object.meta(), peer_head_);
}

void Answerer::whole(Reply& reply, cache::Pin object) {
  const cache::Object& stored = *object;
  const uint16_t status = stored.status();
  const uint64_t size = stored.body_size();
  if (is_bodiless(reply.exchange.head.method, status)) {
    server::Framing framing{.length = size, .bodiless = true};
    if (status == 204 || status == 304) framing.length = std::nullopt;
    return send(reply, head_for(reply.exchange, stored), {status, 0}, framing,
                std::move(object).to_holder());
  }
  for (size_t i = 0; i < stored.segment_count(); ++i) pieces_.push_back(stored.segment(i));
  send(reply, head_for(reply.exchange, stored), {status, size}, {.length = size},
       std::move(object).to_holder());
}

void Answerer::not_modified(Reply& reply, const cache::Object& object) {
  cache::build_not_modified_head(head_for(reply.exchange, object), scratch_);
  send(reply, scratch_, {304, 0}, {.length = std::nullopt, .bodiless = true}, {});
}

void Answerer::unsatisfiable(Reply& reply, const cache::Object& object) {
  cache::build_unsatisfiable_head(head_for(reply.exchange, object), object.body_size(), scratch_);
  send(reply, scratch_, {416, 0}, {.length = 0}, {});
}

void Answerer::partial(Reply& reply, cache::Pin object, const Selection& selection) {
  const cache::ByteRange range = selection.ranges.ranges[0];
  const std::string content_range = cache::content_range(range, object->body_size());
  cache::build_partial_head(
      head_for(reply.exchange, *object),
      {.content_range = content_range, .content_type = {}, .validated = selection.validated},
      scratch_);
  collect(*object, range);
  send(reply, scratch_, {206, range.size()}, {.length = range.size()},
       std::move(object).to_holder());
}

void Answerer::multipart(Reply& reply, cache::Pin object, const Selection& selection) {
  auto body = std::make_unique<MultipartBody>();
  body->plan =
      cache::plan_multipart(selection.ranges.view(), object->body_size(),
                            cache::find_in_head(object->head(), "Content-Type"), make_boundary());
  body->object = std::move(object);
  cache::build_partial_head(head_for(reply.exchange, *body->object),
                            {.content_range = {},
                             .content_type = body->plan.content_type,
                             .validated = selection.validated},
                            scratch_);
  for (size_t i = 0; i < selection.ranges.count; ++i) {
    pieces_.push_back(body->plan.heads[i]);
    collect(*body->object, selection.ranges.ranges[i]);
  }
  pieces_.push_back(body->plan.tail);
  const uint64_t length = body->plan.length;
  send(reply, scratch_, {206, length}, {.length = length}, hold(std::move(body)));
}

void Answerer::collect(const cache::Object& object, cache::ByteRange range) {
  uint64_t at = 0;  // of the segment's first byte
  for (size_t i = 0; i < object.segment_count() && at <= range.last; ++i) {
    const std::string_view segment = object.segment(i);
    const uint64_t end = at + segment.size();
    if (end > range.first) {
      const uint64_t from = range.first > at ? range.first - at : 0;
      const uint64_t to = std::min<uint64_t>(segment.size(), range.last + 1 - at);
      pieces_.push_back(segment.substr(from, to - from));
    }
    at = end;
  }
}

void Answerer::notice(const Exchange& exchange, const Notice& notice, const CacheStatus& status,
                      WallTime now, Account account) {
  CacheStatus reported = status;
  reported.detail = notice.detail;
  LineBuffer lines;
  add_cache_status(lines, identity_.name, reported);
  scratch_ = fmt::format(
      "HTTP/1.1 {0} {1}\r\n{2}Content-Type: text/plain; charset=utf-8\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{3}",
      notice.status, http::reason_phrase(notice.status),
      date_.at(std::chrono::floor<std::chrono::seconds>(now)), notice.extra);
  auto body = std::make_unique<std::string>(fmt::format("{} {}: {} ({})\n", notice.status,
                                                        http::reason_phrase(notice.status),
                                                        notice.sentence, notice.detail));
  const uint64_t size = body->size();
  const bool bodiless = exchange.head.method == "HEAD";
  pieces_.clear();
  if (!bodiless) pieces_.push_back(*body);
  account.reason = notice.detail;
  Reply reply{exchange, lines.text(), now, account};
  send(reply, scratch_, {notice.status, bodiless ? 0 : size},
       {.length = size, .bodiless = bodiless}, hold(std::move(body)));
}

void Answerer::options(const Exchange& exchange, std::string_view allow, WallTime now,
                       Account account) {
  scratch_ = fmt::format("HTTP/1.1 204 No Content\r\n{}Allow: {}\r\n",
                         date_.at(std::chrono::floor<std::chrono::seconds>(now)), allow);
  pieces_.clear();
  Reply reply{exchange, {}, now, account};
  send(reply, scratch_, {204, 0}, {.length = std::nullopt, .bodiless = true}, {});
}

}  // namespace atl::edge
