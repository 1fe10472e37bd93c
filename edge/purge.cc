#include "edge/purge.h"

#include <string>
#include <string_view>
#include <utility>

#include "edge/cache/key.h"
#include "edge/cache/surrogate_keys.h"
#include "edge/fetch/resource_key.h"
#include "edge/routing/target.h"
#include "lib/http/chars.h"

namespace atl::edge {
namespace {

Error invalid(const char* why) { return {Code::Invalid, Side::Client, false, why}; }

struct Url {
  std::string_view authority;
  std::string_view path_and_query;
};

Result<Url> parse_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos ||
      (!http::equal_ignore_case(url.substr(0, scheme), "http") &&
       !http::equal_ignore_case(url.substr(0, scheme), "https"))) {
    return std::unexpected(invalid("the URL does not begin with http:// or https://"));
  }
  url.remove_prefix(scheme + 3);
  const size_t slash = url.find('/');
  Url parsed{url.substr(0, slash), slash == std::string_view::npos ? "/" : url.substr(slash)};
  parsed.path_and_query = parsed.path_and_query.substr(0, parsed.path_and_query.find('#'));
  if (parsed.authority.empty()) return std::unexpected(invalid("the URL names no host"));
  return parsed;
}

// The authority in a key: between its first two NULs.
std::string_view authority_of(std::string_view key) {
  const size_t first = key.find('\0');
  const size_t second = key.find('\0', first + 1);
  return first == std::string_view::npos || second == std::string_view::npos
             ? std::string_view{}
             : key.substr(first + 1, second - first - 1);
}

bool is_of_host(std::string_view key, std::string_view host) {
  std::string scratch;
  return normalise_host(authority_of(key), scratch) == host;
}

class Purger {
 public:
  Purger(const PurgeSpec& spec, const RouteTable* routes, Shared& shared, PurgeDurable durable)
      : spec_(spec),
        routes_(routes),
        shared_(shared),
        durable_(std::move(durable)),
        how_(spec.soft ? cache::Purge::Soft : cache::Purge::Hard) {}

  ~Purger() {
    if (durable_) durable_({});  // nothing had to be written down
  }
  Purger(const Purger&) = delete;
  Purger& operator=(const Purger&) = delete;

  Result<uint64_t> run() {
    switch (spec_.kind) {
      case PurgeSpec::Kind::Url:
        return url();
      case PurgeSpec::Kind::Prefix:
        return prefix();
      case PurgeSpec::Kind::Host:
        return host();
      case PurgeSpec::Kind::Tag:
        return tag();
      case PurgeSpec::Kind::Everything:
        shared_.flights.taint_if([](std::string_view) { return true; });
        purge_disk(disk::Rule::Kind::Everything, {});
        return shared_.store.clear(how_);
    }
    return std::unexpected(invalid("the purge is of no known kind"));
  }

 private:
  // Before memory: what is read from disk meanwhile is judged by it, or refused by the store.
  void purge_disk(disk::Rule::Kind kind, std::string value) {
    if (shared_.disk == nullptr) return;
    shared_.disk->purge({.kind = kind, .soft = spec_.soft, .value = std::move(value)},
                        std::exchange(durable_, nullptr));
  }

  // Null: no distribution has this host, so nothing can be stored for it.
  const Distribution* distribution_of(std::string_view authority) const {
    std::string scratch;
    return routes_ == nullptr ? nullptr : routes_->find_host(normalise_host(authority, scratch));
  }

  Result<uint64_t> url() {
    const auto parsed = parse_url(spec_.value);
    if (!parsed) return std::unexpected(parsed.error());
    const Distribution* distribution = distribution_of(parsed->authority);
    if (distribution == nullptr) return 0;
    std::string key;
    if (!resource_key(*distribution, parsed->authority, parsed->path_and_query, key)) return 0;
    const uint64_t hash = shared_.store.hash(key);
    shared_.flights.taint(key, hash);
    purge_disk(disk::Rule::Kind::Key, key);
    return shared_.store.remove(key, hash, how_);
  }

  Result<uint64_t> prefix() {
    if (!spec_.value.ends_with('*'))
      return std::unexpected(invalid("the prefix must end in \"*\""));
    const auto parsed = parse_url(std::string_view(spec_.value).substr(0, spec_.value.size() - 1));
    if (!parsed) return std::unexpected(parsed.error());
    const Distribution* distribution = distribution_of(parsed->authority);
    if (distribution == nullptr) return 0;
    std::string start;
    const std::string_view canonical = distribution->canonical_host;
    cache::build_key_prefix({distribution->id, canonical.empty() ? parsed->authority : canonical,
                             parsed->path_and_query},
                            start);
    shared_.flights.taint_if([&](std::string_view key) { return key.starts_with(start); });
    purge_disk(disk::Rule::Kind::Prefix, start);
    return shared_.store.remove_prefix(start, how_);
  }

  // Whatever port and distribution it was reached by.
  Result<uint64_t> host() {
    std::string scratch;
    std::string wanted(normalise_host(spec_.value, scratch));
    if (wanted.empty()) return std::unexpected(invalid("the purge names no host"));
    const Distribution* distribution = distribution_of(wanted);
    if (distribution != nullptr && !distribution->canonical_host.empty()) {
      wanted = distribution->canonical_host;
    }
    const auto matches = [&](std::string_view key) { return is_of_host(key, wanted); };
    shared_.flights.taint_if(matches);
    purge_disk(disk::Rule::Kind::Host, wanted);
    return shared_.store.remove_if(
        [&](const cache::Object& object) { return matches(object.key()); }, how_);
  }

  // What is on its way may carry the tag too; its head need not be here yet.
  Result<uint64_t> tag() {
    if (spec_.value.empty()) return std::unexpected(invalid("the purge names no tag"));
    shared_.flights.taint_if([](std::string_view) { return true; });
    purge_disk(disk::Rule::Kind::Tag, spec_.value);
    return shared_.store.remove_tagged(spec_.value, how_);
  }

  const PurgeSpec& spec_;
  const RouteTable* routes_;
  Shared& shared_;
  PurgeDurable durable_;
  const cache::Purge how_;
};

}  // namespace

disk::Matchers purge_matchers() { return {.host = is_of_host, .tag = cache::has_surrogate_key}; }

Result<PurgeOutcome> carry_out(const PurgeSpec& spec, const RouteTable* routes, Shared& shared,
                               PurgeDurable durable) {
  const MonoTime began = shared.clock.mono();
  const auto objects = Purger(spec, routes, shared, std::move(durable)).run();
  if (!objects) return std::unexpected(objects.error());
  return PurgeOutcome{.objects = *objects,
                      .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                          shared.clock.mono() - began)};
}

}  // namespace atl::edge
