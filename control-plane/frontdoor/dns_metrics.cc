#include <cstdint>
#include <functional>
#include <string_view>

#include "control-plane/dns/counters.h"
#include "control-plane/dns/responder.h"
#include "control-plane/frontdoor/metrics.h"

namespace atl::control {
namespace {

uint64_t sum(const dns::Server& server,
             const std::function<const dns::Counter&(const dns::Counters&)>& which) {
  uint64_t total = 0;
  for (const dns::Counters* counters : server.counters()) total += which(*counters).get();
  return total;
}

}  // namespace

void dns_metrics(MetricsText& out, const DnsFeed& dns) {
  out.gauge("atoll_dns_serving", "1 when questions are answered");
  out.value("atoll_dns_serving", {}, uint64_t{dns.server() == nullptr ? 0U : 1U});
  if (dns.server() == nullptr) return;
  const dns::Server& server = *dns.server();
  out.counter("atoll_dns_queries_total", "Messages received, by transport and what became of them");
  for (size_t i = 0; i < dns::kReasons; ++i) {
    const std::string_view outcome = to_string(static_cast<dns::Reason>(i));
    out.value("atoll_dns_queries_total", {{"transport", "udp"}, {"outcome", outcome}},
              sum(server, [i](const auto& c) -> const dns::Counter& { return c.udp[i]; }));
    out.value("atoll_dns_queries_total", {{"transport", "tcp"}, {"outcome", outcome}},
              sum(server, [i](const auto& c) -> const dns::Counter& { return c.tcp[i]; }));
  }
  struct Row {
    std::string_view name;
    std::string_view help;
    dns::Counter dns::Counters::* counter;
  };
  for (const Row& row :
       {Row{"atoll_dns_truncated_total", "Answers cut down to a hint at TCP",
            &dns::Counters::truncated},
        Row{"atoll_dns_rate_limited_total", "Answers truncated or not sent for their rate",
            &dns::Counters::limited},
        Row{"atoll_dns_connections_total", "TCP connections accepted",
            &dns::Counters::tcp_accepted},
        Row{"atoll_dns_connections_given_up_total",
            "TCP connections closed for their silence or to make room",
            &dns::Counters::tcp_given_up},
        Row{"atoll_dns_oversized_total", "Datagrams longer than any query",
            &dns::Counters::udp_too_long},
        Row{"atoll_dns_unsent_total", "Answers that the kernel did not take",
            &dns::Counters::udp_unsent}}) {
    out.counter(row.name, row.help);
    out.value(row.name, {},
              sum(server, [&](const auto& c) -> const dns::Counter& { return c.*(row.counter); }));
  }
}

}  // namespace atl::control
