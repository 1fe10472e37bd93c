// Fetch: ranges of our own, and what is kept of them (docs/adr/0007).

#include <fmt/format.h>

#include <utility>

#include "edge/cache/head.h"
#include "edge/cache/hidden.h"
#include "edge/cache/part.h"
#include "edge/cache/storability.h"
#include "edge/cache/validation.h"
#include "edge/fetch/fetch.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"

namespace atl::edge {

// If-Range asks for the part of what is stored, or else for the whole of what there is now (RFC
// 9110 section 13.1.5). With conditions beside it the range is for a representation that changed:
// they are evaluated first (section 13.2.2).
void Fetch::append_part_fields(std::string& fields) const {
  http::append_field(fields, "Range", cache::range_value(plan_.part->range));
  if (!plan_.part->outline) return;
  const auto validator = cache::strong_validator(plan_.part->outline->validators());
  if (validator) http::append_field(fields, "If-Range", validator.value);
}

// Whether the answer to our range shows that what is stored is not what it was: it has no such
// range any more, or the whole came, and is another.
bool Fetch::outdates_outline(const cache::ResponseView& response) const {
  if (!plan_.part) return false;
  if (response.status == 416) return true;
  return response.status == 200 && plan_.part->outline &&
         !cache::same_representation(plan_.part->outline->validators(),
                                     cache::validators_in(response.fields));
}

void Fetch::drop_outline() {
  if (!plan_.part) return;
  cache::Pin outline = std::exchange(plan_.part->outline, {});
  if (!outline && plan_.stale && plan_.stale->is_outline()) outline = plan_.stale;
  if (!outline) return;
  if (context_.disk != nullptr) context_.disk->forget(plan_.key);
  context_.store.remove(outline);
}

// A part of something else than what is stored takes its place.
cache::PartDecision Fetch::judge_arrived(const std::optional<uint64_t>& body_length) {
  const cache::ResponseView response{206, fields_};
  cache::PartFacts facts{
      .asked = &plan_.part->range, .exact = plan_.part->exact, .body_length = body_length};
  if (!plan_.part->outline) return cache::judge_part(response, facts);
  const cache::StoredView stored = plan_.part->outline->validators();
  facts.stored = &stored;
  facts.stored_size = plan_.part->outline->body_size();
  const cache::PartDecision decision = cache::judge_part(response, facts);
  if (decision.reason != cache::PartReason::OtherValidator &&
      decision.reason != cache::PartReason::OtherSize) {
    return decision;
  }
  drop_outline();
  facts.stored = nullptr;
  return cache::judge_part(response, facts);
}

void Fetch::publish_part(const rpc::ExchangeResponseHead& head) {
  const cache::PartDecision decision = judge_arrived(head.body_length);
  if (!decision.accepted()) return refuse_part(cache::to_string(decision.reason));
  ResponseHead published;
  published.status = 206;
  published.has_age = cache::parse_age(fields_).has_value();
  cache::Pin outline =
      plan_.part->outline ? refresh_outline(published) : begin_outline(decision, published);
  if (!outline) return refuse_part("part-head");
  published.meta = outline->meta();
  published.lines = outline->head();
  published.variant_key = outline->variant_key();
  published.body_length = published.announced_length = body_length_ = decision.range.size();
  published.part = {std::move(outline), decision.range, decision.named};
  begin_body(std::move(published));
}

// Whoever waits asks for himself.
void Fetch::refuse_part(std::string_view reason) {
  log_remark(fmt::format("the part that came is not used: {}", reason));
  ResponseHead published;
  published.status = 206;
  published.part_refused = reason;
  body_length_.reset();
  begin_body(std::move(published));
}

// Whether the part may be stored (RFC 9111 section 3.3): as the whole might be. A body larger than
// this node stores may be stored in parts, unless its behaviour does not want it.
bool Fetch::may_keep(const cache::PartDecision& decision, ResponseHead& head) const {
  const auto whole = cache::fields_of_whole(fields_);
  head.reason = decide({200, whole}, head);
  const auto largest = plan_.route.behaviour->cache.max_object_bytes;
  if (head.shared && (decision.range.size() > context_.limits.part_block ||
                      (largest && decision.size > *largest))) {
    head.reason = cache::StoreReason::TooLarge;
    head.shared = false;
  }
  return head.shared;
}

// The first part of a representation.
cache::Pin Fetch::begin_outline(const cache::PartDecision& decision, ResponseHead& head) {
  const bool keep = may_keep(decision, head);
  const auto whole = cache::fields_of_whole(fields_);
  std::string lines;
  cache::build_head(
      {.status = 200, .fields = whole, .received = response_time_, .via = context_.identity.name},
      lines);
  cache::Meta meta = cache::make_meta({200, whole}, request_time_, response_time_, policy_);
  edit_head(*plan_.route.behaviour, {}, lines, meta);
  auto made = parts().outline_for({.key = plan_.key,
                                   .variant_key = head.variant_key,
                                   .head = lines,
                                   .status = 200,
                                   .meta = meta,
                                   .size = decision.size});
  if (!made) return {};
  if (keep) {
    flight_->unless_tainted([&] {
      // What is on disk under this key may be older.
      if (context_.disk != nullptr) context_.disk->forget(plan_.key);
      parts().store_outline(*made);
    });
  }
  return std::move(*made);
}

// A further part: its fields are the newer ones (RFC 9111 section 3.4). Null: it cannot be had.
cache::Pin Fetch::refresh_outline(ResponseHead& head) {
  const cache::Pin& known = plan_.part->outline;
  std::string known_head;
  cache::full_head(known->head(), known_head);
  cache::Freshened fresh = cache::freshen({.stored_head = known_head,
                                           .stored_status = known->status(),
                                           .not_modified = fields_,
                                           .request_time = request_time_,
                                           .response_time = response_time_,
                                           .via = context_.identity.name},
                                          policy_);
  if (!fresh.applies) return {};
  edit_head(*plan_.route.behaviour, negotiated(known->head(), known->meta()), fresh.head,
            fresh.meta);
  auto made = cache::make_refreshed(*known, fresh.head, fresh.meta);
  if (!made) return {};
  head.shared = fresh.keep && plan_.may_store;
  head.reason = head.shared ? cache::StoreReason::Explicit : cache::StoreReason::NoStore;
  if (!head.shared) {
    drop_outline();
  } else {
    flight_->unless_tainted([&] { context_.store.refresh(known, *made); });
  }
  return std::move(*made);
}

// What has arrived of the part, to its end or not. The last part makes the whole.
void Fetch::keep_part() {
  const ArrivingPart& part = *transfer()->head().part;
  bool stored = false;
  flight_->finish([&] {
    cache::Parts all = parts();
    all.keep(*part.outline, part.range.first, transfer()->segments());
    cache::Pin whole = all.assemble(*part.outline, policy_.max_object_bytes);
    if (!whole) return;
    if (context_.disk != nullptr) context_.disk->offer(whole);
    stored = all.store_whole(std::move(whole));
  });
  if (stored) context_.counters.stored.add();
}

// What arrived before the origin broke off is worth keeping, if the rest can be asked for and told
// to belong to it (RFC 9111 section 3.3).
void Fetch::keep_cut_off() {
  const ResponseHead& head = transfer()->head();
  if (received_ == 0) return;
  if (head.part) return keep_part();
  if (encoder_ != nullptr) return;  // what has arrived is no beginning of what is stored
  if (plan_.stale) return;  // complete, if stale: it may still be used when the origin fails
  if (head.status != 200 || !body_length_ || received_ >= *body_length_) return;
  if (cache::find_in_head(head.lines, "Accept-Ranges") == "none") return;
  auto outline = parts().outline_for({.key = plan_.key,
                                      .variant_key = head.variant_key,
                                      .head = head.lines,
                                      .status = 200,
                                      .meta = head.meta,
                                      .size = *body_length_});
  if (!outline || !cache::strong_validator((*outline)->validators())) return;
  flight_->finish([&] {
    if (parts().store_outline(*outline)) parts().keep(**outline, 0, transfer()->segments());
  });
}

}  // namespace atl::edge
