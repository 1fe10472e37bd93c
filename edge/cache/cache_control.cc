#include "edge/cache/cache_control.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "edge/cache/dictionary.h"
#include "edge/cache/text.h"

namespace atl::cache {
namespace {

// One directive of Cache-Control. `malformed`: there is whitespace around "=", or an argument that
// is neither token nor quoted string; what the directive permits is then not permitted.
struct Directive {
  std::string_view name;
  std::string_view argument;  // without the quotes
  bool has_argument = false;
  bool malformed = false;
};

Directive read_directive(std::string_view member) {
  Directive out;
  const size_t equals = member.find('=');
  out.name = http::trim_ows(member.substr(0, equals));
  if (equals == std::string_view::npos) return out;
  out.has_argument = true;
  std::string_view argument = member.substr(equals + 1);
  out.malformed = out.name.size() != equals || http::trim_ows(argument).size() != argument.size();
  argument = http::trim_ows(argument);
  if (argument.starts_with('"')) {
    // Section 5.2: token and quoted-string are to be accepted alike.
    if (argument.size() < 2 || !argument.ends_with('"')) {
      out.malformed = true;
    } else {
      argument = argument.substr(1, argument.size() - 2);
    }
  }
  out.argument = argument;
  return out;
}

bool quotes_closed(std::string_view member) {
  bool quoted = false;
  for (size_t i = 0; i < member.size(); ++i) {
    if (member[i] == '"') quoted = !quoted;
    if (quoted && member[i] == '\\') ++i;
  }
  return !quoted;
}

// A quote that is never closed swallows the rest of the list. It must not hide the no-store behind
// it: such a member is taken apart at every comma.
template <class Visit>
void for_each_closed(std::string_view member, Visit visit) {
  if (quotes_closed(member)) {
    visit(member);
    return;
  }
  while (!member.empty()) {
    const size_t comma = std::min(member.find(','), member.size());
    if (const auto part = http::trim_ows(member.substr(0, comma)); !part.empty()) visit(part);
    member.remove_prefix(std::min(comma + 1, member.size()));
  }
}

template <class Visit>
bool for_each_directive(http::Fields fields, std::string_view field_name, Visit visit) {
  bool present = false;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, field_name)) continue;
    present = true;
    for_each_list_member(field.value, [&](std::string_view member) {
      for_each_closed(member, [&](std::string_view part) { visit(read_directive(part)); });
    });
  }
  return present;
}

// Section 1.2.2.
Delta read_delta(const Directive& directive) {
  if (directive.malformed || directive.argument.empty()) return {Delta::State::Invalid, 0};
  const auto seconds = parse_delta_seconds(directive.argument);
  if (!seconds) return {Delta::State::Invalid, 0};
  return {Delta::State::Valid, *seconds};
}

// Section 4.2.1: of conflicting values the most restrictive; an invalid one restricts most.
void restrict_to(Delta& kept, Delta next) {
  if (!kept.present() || (kept.valid() && (!next.valid() || next.seconds < kept.seconds))) {
    kept = next;
  }
}

// What widens use has to be well-formed to count; what narrows it counts however it is written.
bool plain(const Directive& d) { return !d.has_argument; }

void apply(RequestDirectives& out, const Directive& d) {
  const auto is = [&](std::string_view name) { return http::equal_ignore_case(d.name, name); };
  if (is("no-cache")) {
    out.no_cache = true;
  } else if (is("no-store")) {
    out.no_store = true;
  } else if (is("no-transform")) {
    out.no_transform = true;
  } else if (is("only-if-cached")) {
    out.only_if_cached = true;
  } else if (is("max-age")) {
    Delta delta = read_delta(d);
    if (!delta.valid()) delta = {Delta::State::Valid, 0};
    restrict_to(out.max_age, delta);
  } else if (is("min-fresh")) {
    const Delta delta = read_delta(d);
    if (delta.valid() && (!out.min_fresh.valid() || delta.seconds > out.min_fresh.seconds)) {
      out.min_fresh = delta;
    }
  } else if (is("max-stale")) {
    if (plain(d)) {
      out.max_stale_any = true;
    } else if (const Delta delta = read_delta(d); delta.valid()) {
      restrict_to(out.max_stale, delta);
    }
  } else if (is("stale-if-error")) {
    if (const Delta delta = read_delta(d); delta.valid()) restrict_to(out.stale_if_error, delta);
  }
}

void apply(ResponseDirectives& out, const Directive& d) {
  const auto is = [&](std::string_view name) { return http::equal_ignore_case(d.name, name); };
  if (is("max-age")) {
    restrict_to(out.max_age, read_delta(d));
  } else if (is("s-maxage")) {
    restrict_to(out.s_maxage, read_delta(d));
  } else if (is("stale-while-revalidate")) {
    restrict_to(out.stale_while_revalidate, read_delta(d));
  } else if (is("stale-if-error")) {
    restrict_to(out.stale_if_error, read_delta(d));
  } else if (is("no-store")) {
    out.no_store = true;
  } else if (is("no-cache")) {
    out.no_cache = true;
  } else if (is("private")) {
    out.is_private = true;
  } else if (is("must-revalidate")) {
    out.must_revalidate = true;
  } else if (is("proxy-revalidate")) {
    out.proxy_revalidate = true;
  } else if (is("no-transform")) {
    out.no_transform = true;
  } else if (is("public")) {
    out.is_public |= plain(d);
  } else if (is("must-understand")) {
    out.must_understand |= plain(d);
  } else if (is("immutable")) {
    out.immutable |= plain(d);
  }
}

// RFC 9213 section 2.2: an argument of the wrong type is as if the directive were not there; a
// number of the right type that is out of range makes freshness invalid.
Delta typed_delta(const DictionaryMember& member) {
  if (member.type != DictionaryMember::Type::Integer) return {};
  if (member.integer < 0) return {Delta::State::Invalid, 0};
  return {Delta::State::Valid, static_cast<uint32_t>(std::min<int64_t>(member.integer, kMaxDelta))};
}

bool typed_flag(const DictionaryMember& member) {
  return member.type == DictionaryMember::Type::Boolean && member.boolean;
}

// no-cache and private take a string of field names, too.
bool typed_flag_or_names(const DictionaryMember& member) {
  return typed_flag(member) || member.type == DictionaryMember::Type::String;
}

void apply(ResponseDirectives& out, const DictionaryMember& m) {
  if (m.key == "max-age") {
    out.max_age = typed_delta(m);
  } else if (m.key == "s-maxage") {
    out.s_maxage = typed_delta(m);
  } else if (m.key == "stale-while-revalidate") {
    out.stale_while_revalidate = typed_delta(m);
  } else if (m.key == "stale-if-error") {
    out.stale_if_error = typed_delta(m);
  } else if (m.key == "no-store") {
    out.no_store = typed_flag(m);
  } else if (m.key == "no-cache") {
    out.no_cache = typed_flag_or_names(m);
  } else if (m.key == "private") {
    out.is_private = typed_flag_or_names(m);
  } else if (m.key == "public") {
    out.is_public = typed_flag(m);
  } else if (m.key == "must-revalidate") {
    out.must_revalidate = typed_flag(m);
  } else if (m.key == "proxy-revalidate") {
    out.proxy_revalidate = typed_flag(m);
  } else if (m.key == "must-understand") {
    out.must_understand = typed_flag(m);
  } else if (m.key == "no-transform") {
    out.no_transform = typed_flag(m);
  } else if (m.key == "immutable") {
    out.immutable = typed_flag(m);
  }
}

// The directives of a targeted field; none when it is absent, malformed or empty.
std::optional<ResponseDirectives> read_targeted(http::Fields fields, std::string_view name,
                                                DirectiveSource source) {
  std::string joined;
  std::string_view value;
  size_t lines = 0;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, name)) continue;
    if (++lines == 1) {
      value = field.value;
      continue;
    }
    if (lines == 2) joined = value;
    joined.append(", ").append(field.value);
    value = joined;
  }
  if (lines == 0) return std::nullopt;
  const auto members = parse_dictionary(value);
  if (!members || members->empty()) return std::nullopt;
  ResponseDirectives out;
  out.source = source;
  for (const DictionaryMember& member : *members) apply(out, member);
  return out;
}

}  // namespace

RequestDirectives parse_request_directives(http::Fields fields) {
  RequestDirectives out;
  const bool present =
      for_each_directive(fields, "cache-control", [&](const Directive& d) { apply(out, d); });
  if (!present) {
    for_each_directive(fields, "pragma", [&](const Directive& d) {
      if (http::equal_ignore_case(d.name, "no-cache")) out.no_cache = true;
    });
  }
  return out;
}

ResponseDirectives parse_response_directives(http::Fields fields) {
  // RFC 9213 section 2.1: the target list, most specific first.
  if (auto own = read_targeted(fields, "atoll-cache-control", DirectiveSource::AtollCacheControl)) {
    return *own;
  }
  if (auto cdn = read_targeted(fields, "cdn-cache-control", DirectiveSource::CdnCacheControl)) {
    return *cdn;
  }
  ResponseDirectives out;
  const bool present =
      for_each_directive(fields, "cache-control", [&](const Directive& d) { apply(out, d); });
  if (present) out.source = DirectiveSource::CacheControl;
  return out;
}

}  // namespace atl::cache
