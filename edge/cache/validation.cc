#include "edge/cache/validation.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "edge/cache/head.h"
#include "edge/cache/text.h"
#include "edge/cache/vary.h"
#include "lib/http/date.h"
#include "lib/http/field_block.h"
#include "lib/http/hop_by_hop.h"

namespace atl::cache {
namespace {

using std::chrono::seconds;

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // with its quotes
};

// RFC 9110 section 8.8.3, from the front of `text`.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
  EntityTag tag;
  std::string_view rest = text;
  if (rest.starts_with("W/")) {  // case-sensitive
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (!rest.starts_with('"')) return std::nullopt;
  const size_t close = rest.find('"', 1);
  if (close == std::string_view::npos) return std::nullopt;
  tag.opaque = rest.substr(0, close + 1);
  for (const char c : tag.opaque.substr(1, close - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x21 || byte == 0x7f) return std::nullopt;
  }
  rest.remove_prefix(close + 1);
  text = rest;
  return tag;
}

std::optional<EntityTag> read_entity_tag(std::string_view text) {
  const auto tag = take_entity_tag(text);
  return text.empty() ? tag : std::nullopt;
}

// RFC 9110 section 13.1.2: the members of If-None-Match. A malformed list matches nothing, so that
// the client gets the representation.
bool list_matches(std::string_view list, std::string_view etag) {
  const auto stored = read_entity_tag(etag);
  bool matched = false;
  while (true) {
    while (!list.empty() && (list.front() == ' ' || list.front() == '\t' || list.front() == ',')) {
      list.remove_prefix(1);
    }
    if (list.empty()) return matched;
    const auto tag = take_entity_tag(list);
    if (!tag) return false;
    if (stored && tag->opaque == stored->opaque) matched = true;
    while (!list.empty() && (list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
    if (!list.empty() && list.front() != ',') return false;
  }
}

bool none_match_fails(http::Fields fields, std::string_view etag) {
  bool fails = false;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "if-none-match")) continue;
    // "*": any representation at all, and there is one.
    if (http::trim_ows(field.value) == "*" || list_matches(field.value, etag)) fails = true;
  }
  return fails;
}

// RFC 9111 section 4.3.2: Last-Modified, else Date, else when the response was received.
bool unmodified_since(http::Fields fields, const StoredView& stored) {
  if (http::count(fields, "if-modified-since") != 1) return false;
  const auto received = std::chrono::floor<seconds>(stored.response_time);
  const auto read = [&](std::string_view text) { return http::parse_date(text, received); };
  const auto since = read(first_value(fields, "if-modified-since"));
  if (!since) return false;
  if (const auto modified = read(stored.last_modified)) return *modified <= *since;
  return read(stored.date).value_or(received) <= *since;
}

// Section 4.3.4: whether the validators of a 304 speak of the stored response. A strong one that
// the stored response does not have speaks of another.
bool speaks_of(http::Fields not_modified, std::string_view etag, std::string_view modified) {
  if (const auto theirs = read_entity_tag(first_value(not_modified, "etag"))) {
    const auto ours = read_entity_tag(etag);
    if (ours) return theirs->opaque == ours->opaque;
    if (!theirs->weak) return false;
  }
  const auto theirs = http::parse_date(first_value(not_modified, "last-modified"));
  const auto ours = http::parse_date(modified);
  return !theirs || !ours || *theirs == *ours;
}

// Section 3.2. What describes the bytes we hold stays as it was stored with them.
bool updates_stored(std::string_view name, http::Fields not_modified) {
  for (const std::string_view kept : {"content-length", "content-encoding", "content-range"}) {
    if (http::equal_ignore_case(name, kept)) return false;
  }
  return !is_never_stored(name) && !http::is_hop_by_hop(name, not_modified);
}

// Whether both heads select by the same request fields: a stored response is filed under those that
// its first head named.
bool selects_alike(http::Fields before, http::Fields after) {
  VariantKey old_key;
  VariantKey new_key;
  return make_variant_key({}, before, old_key) == VaryOutcome::Ok &&
         make_variant_key({}, after, new_key) == VaryOutcome::Ok &&
         old_key.bytes() == new_key.bytes();
}

std::string_view status_line(std::string_view head) {
  const size_t end = head.find("\r\n");
  return head.substr(0, end == std::string_view::npos ? head.size() : end + 2);
}

}  // namespace

bool is_entity_tag(std::string_view value) { return read_entity_tag(value).has_value(); }

bool weak_equal(std::string_view a, std::string_view b) {
  const auto left = read_entity_tag(a);
  const auto right = read_entity_tag(b);
  return left && right && left->opaque == right->opaque;
}

bool strong_equal(std::string_view a, std::string_view b) {
  const auto left = read_entity_tag(a);
  const auto right = read_entity_tag(b);
  return left && right && !left->weak && !right->weak && left->opaque == right->opaque;
}

Conditional conditional_for(std::string_view stored_head) {
  Conditional out;
  if (const auto etag = find_in_head(stored_head, "etag"); is_entity_tag(etag)) {
    out.if_none_match = etag;
  }
  if (const auto modified = find_in_head(stored_head, "last-modified");
      http::parse_date(modified)) {
    out.if_modified_since = modified;
  }
  return out;
}

bool is_client_precondition(std::string_view name) {
  for (const std::string_view known : {"if-none-match", "if-modified-since", "if-match",
                                       "if-unmodified-since", "if-range", "range"}) {
    if (http::equal_ignore_case(name, known)) return true;
  }
  return false;
}

Precondition evaluate_preconditions(const RequestView& request, const StoredView& stored) {
  if (request.method != "GET" && request.method != "HEAD") return Precondition::Proceed;
  if (stored.status != 200) return Precondition::Proceed;  // RFC 9110 section 13.2.1
  // Section 13.2.2: If-None-Match, and only without it If-Modified-Since.
  if (has_field(request.fields, "if-none-match")) {
    return none_match_fails(request.fields, stored.etag) ? Precondition::NotModified
                                                         : Precondition::Proceed;
  }
  return unmodified_since(request.fields, stored) ? Precondition::NotModified
                                                  : Precondition::Proceed;
}

Freshened freshen(const FreshenSource& source, const Policy& policy) {
  Freshened out;
  if (!speaks_of(source.not_modified, find_in_head(source.stored_head, "etag"),
                 find_in_head(source.stored_head, "last-modified"))) {
    return out;
  }
  out.applies = true;
  std::vector<http::Field> stored;
  read_head(source.stored_head, stored);

  // Stored fields that the 304 does not replace, then the 304's own.
  std::vector<http::Field> merged;
  for (const http::Field& field : stored) {
    const bool replaced = has_field(source.not_modified, field.name) &&
                          updates_stored(field.name, source.not_modified);
    // A 304 without Date was made now; the stored Date would make its content look old.
    const bool outdated = http::equal_ignore_case(field.name, "date");
    if (!replaced && !outdated) merged.push_back(field);
  }
  for (const http::Field& field : source.not_modified) {
    if (updates_stored(field.name, source.not_modified)) merged.push_back(field);
  }
  const std::string now = http::format_date(std::chrono::floor<seconds>(source.response_time));
  if (!has_field(merged, "date")) merged.push_back({"Date", now});
  const std::string via = "1.1 " + std::string(source.via);
  if (!source.via.empty() && has_field(source.not_modified, "via")) merged.push_back({"Via", via});

  out.head = status_line(source.stored_head);
  for (const http::Field& field : merged) http::append_field(out.head, field.name, field.value);

  // Age is not stored, but it counts (section 4.2.3).
  for (const http::Field& field : source.not_modified) {
    if (http::equal_ignore_case(field.name, "age")) merged.push_back(field);
  }
  const ResponseView response{source.stored_status, merged};
  out.meta = make_meta(response, source.request_time, source.response_time, policy);
  const ResponseDirectives directives = parse_response_directives(merged);
  out.keep = !directives.is_private && (!directives.no_store || directives.must_understand) &&
             selects_alike(stored, merged);
  return out;
}

HeadEffect compare_head(std::string_view stored_head, uint64_t stored_size,
                        const ResponseView& head_response) {
  if (head_response.status != 200) return HeadEffect::Nothing;
  const http::Fields fields = head_response.fields;
  if (const std::string_view etag = first_value(fields, "etag");
      !etag.empty() && !weak_equal(etag, find_in_head(stored_head, "etag"))) {
    return HeadEffect::Invalidate;
  }
  if (const auto modified = http::parse_date(first_value(fields, "last-modified"));
      modified && modified != http::parse_date(find_in_head(stored_head, "last-modified"))) {
    return HeadEffect::Invalidate;
  }
  if (const std::string_view value = first_value(fields, "content-length"); !value.empty()) {
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end != value.data() + value.size() || length != stored_size) {
      return HeadEffect::Invalidate;
    }
  }
  return HeadEffect::Freshen;
}

}  // namespace atl::cache
