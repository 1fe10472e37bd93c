#include "control-plane/config/dns.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "control-plane/dns/name.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

using config::Mark;
using config::Reader;
using config::Section;
using std::chrono::milliseconds;
using Part = dns::ZoneProblem::Part;

constexpr milliseconds kLongestTtl{7 * 86'400'000};
constexpr milliseconds kSecond{1'000};
constexpr milliseconds kLongestIdle{120'000};
constexpr milliseconds kLongestSettle{60'000};
constexpr int64_t kMostThreads = 64;
constexpr int64_t kMostConnections = 65'536;
constexpr int64_t kMostAnswersPerSecond = 1'000'000;

// A time to live: whole seconds, at most a week, also of what is returned after a problem.
uint32_t read_ttl(Section& section, std::string_view key, milliseconds fallback) {
  const milliseconds value = section.duration(key, fallback);
  if (value % kSecond != milliseconds{0}) section.problem(key, "must be whole seconds");
  if (value > kLongestTtl) {
    section.problem(key, "must be at most \"" + format_duration(kLongestTtl) + "\"");
  }
  return static_cast<uint32_t>(std::min(value, kLongestTtl) / kSecond);
}

milliseconds read_bounded(Section& section, std::string_view key, milliseconds fallback,
                          milliseconds most) {
  const milliseconds value = section.duration(key, fallback);
  if (value > most) section.problem(key, "must be at most \"" + format_duration(most) + "\"");
  return value;
}

FixedDns read_sockets(Section& dns) {
  FixedDns fixed;
  fixed.server.listen = dns.endpoints("listen", {"127.0.0.1:5300"});
  fixed.server.threads = static_cast<unsigned>(dns.integer("threads", 1, {1, kMostThreads}));
  fixed.server.rate_limit =
      static_cast<uint32_t>(dns.integer("rate_limit", 1'000, {0, kMostAnswersPerSecond}));
  fixed.server.tcp_connections =
      static_cast<size_t>(dns.integer("tcp_connections", 256, {1, kMostConnections}));
  fixed.server.tcp_idle = read_bounded(dns, "tcp_idle", fixed.server.tcp_idle, kLongestIdle);
  fixed.settle = read_bounded(dns, "settle", fixed.settle, kLongestSettle);
  return fixed;
}

dns::RecordText read_record(Section& section) {
  dns::RecordText record;
  record.name = section.string("name");
  record.type = section.string("type");
  record.value = section.string("value");
  record.ttl = read_ttl(section, "ttl", milliseconds{3'600'000});
  return record;
}

// What a distribution has unless it says otherwise.
dns::DistributionSpec read_policy(Section& section, const dns::DistributionSpec& usual) {
  dns::DistributionSpec policy;
  policy.ttl = read_ttl(section, "ttl", usual.ttl * kSecond);
  policy.count =
      static_cast<uint32_t>(section.integer("count", usual.count, {1, dns::kMostAnswers}));
  policy.fail_open =
      section.choice("fail", {"closed", "open"}, usual.fail_open ? "open" : "closed") == "open";
  return policy;
}

dns::DistributionSpec usual_policy() {
  dns::DistributionSpec usual;
  usual.ttl = 20;
  usual.count = 2;
  return usual;
}

void read_distributions(Parts& parts, const dns::DistributionSpec& usual, DnsParts& dns) {
  for (Parts::Distribution& part : parts.distributions) {
    Section section = part.section.table("dns");
    dns::DistributionSpec spec = read_policy(section, usual);
    spec.id = part.config.id;
    spec.hosts = part.config.hosts;
    for (std::string& host : spec.hosts) {
      std::transform(host.begin(), host.end(), host.begin(), dns::lower);
    }
    dns.zone.distributions.push_back(std::move(spec));
    dns.distributions.push_back(part.section);
  }
}

void check_endpoints(Parts& parts, Reader& reader) {
  for (auto& [section, pop] : parts.pops) {
    if (pop.endpoints.empty() || !pop_addresses(pop).empty()) continue;
    reader.problem(section.mark("endpoints"),
                   "has no IP address: [dns] answers with those of the endpoints");
  }
}

}  // namespace

std::optional<DnsParts> read_dns(Reader& reader, Parts& parts) {
  Section section = reader.table("dns");
  if (!section.present()) {
    for (Parts::Distribution& part : parts.distributions) {
      Section own = part.section.table("dns");
      if (!own.present()) continue;
      reader.problem(own.mark(), "there is no [dns] to answer for this distribution: add one");
      read_policy(own, usual_policy());
    }
    return std::nullopt;
  }
  DnsParts dns{section, {}, {}, read_sockets(section), {}, section.string("key", "")};
  dns.zone.name = section.string("zone");
  dns.zone.name_servers = section.strings("name_servers");
  dns.zone.mailbox = section.string("mailbox", "hostmaster." + dns.zone.name);
  dns.zone.serial = static_cast<uint32_t>(section.integer("serial", 1, {0, 0xffff'ffff}));
  dns.zone.ttl = read_ttl(section, "zone_ttl", milliseconds{3'600'000});
  dns.zone.negative_ttl = read_ttl(section, "negative_ttl", milliseconds{60'000});
  dns.records = section.tables("record");
  for (Section& record : dns.records) dns.zone.records.push_back(read_record(record));
  read_distributions(parts, read_policy(section, usual_policy()), dns);
  check_endpoints(parts, reader);
  return dns;
}

void check_zone(const DnsParts& dns, Reader& reader) {
  const auto zone = dns::Zone::make(dns.zone);
  if (zone) return;
  for (const dns::ZoneProblem& problem : zone.error()) {
    const auto mark = [&]() -> Mark {
      switch (problem.part) {
        case Part::Zone:
          return dns.section.mark("zone");
        case Part::NameServer:
          return dns.section.mark("name_servers", problem.index);
        case Part::Mailbox:
          return dns.section.mark("mailbox");
        case Part::Record:
          return dns.records[problem.index].mark();
        case Part::Distribution:
          return dns.distributions[problem.index].mark("id");
      }
      return {};
    };
    reader.problem(mark(), problem.text);
  }
}

}  // namespace atl::control
