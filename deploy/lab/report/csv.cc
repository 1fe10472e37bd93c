#include "deploy/lab/report/csv.h"

#include <fmt/format.h>

#include <iterator>

namespace atl::lab {
namespace {

constexpr size_t kCdfPoints = 200;
constexpr const char* kStatsHeader =
    "requests,hits,stale,misses,errors,hit_ratio,byte_hit_ratio,bytes,mean_ms,p50_ms,p75_ms,p90_ms,"
    "p95_ms,p99_ms,p999_ms,max_ms,transfer_p50_ms,transfer_p95_ms";

void append_stats(std::string& out, const Stats& stats) {
  const Histogram& first = stats.first_byte;
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{:.6f},{:.6f},{},{:.3f}", stats.requests,
                 stats.hits, stats.stale, stats.misses, stats.errors, stats.hit_ratio(),
                 stats.byte_hit_ratio(), stats.bytes, first.mean_us() / 1000);
  for (const double q : {0.5, 0.75, 0.9, 0.95, 0.99, 0.999}) {
    fmt::format_to(std::back_inserter(out), ",{:.3f}", first.quantile_us(q) / 1000);
  }
  fmt::format_to(std::back_inserter(out), ",{:.3f},{:.3f},{:.3f}",
                 static_cast<double>(first.max_us()) / 1000, stats.complete.quantile_us(0.5) / 1000,
                 stats.complete.quantile_us(0.95) / 1000);
}

}  // namespace

std::string regions_csv(const Report& report) {
  std::string out = fmt::format("run,region,{}\n", kStatsHeader);
  for (const RunOutcome& run : report.runs) {
    for (size_t i = 0; i < run.regions.size(); ++i) {
      out += fmt::format("{},{},", run.id, report.regions[i].id);
      append_stats(out, run.regions[i]);
      out += '\n';
    }
  }
  return out;
}

std::string pops_csv(const Report& report) {
  std::string out = fmt::format("run,pop,objects,stored_bytes,evictions,{}\n", kStatsHeader);
  for (const RunOutcome& run : report.runs) {
    for (size_t i = 0; i < run.pops.size(); ++i) {
      const PopOutcome& pop = run.pops[i];
      out += fmt::format("{},{},{},{},{},", run.id, report.pops[i].id, pop.objects, pop.bytes,
                         pop.evictions);
      append_stats(out, pop.stats);
      out += '\n';
    }
  }
  return out;
}

std::string timeline_csv(const Report& report) {
  std::string out = "run,at_s,requests,hits,stale,errors,origin_fetches,p50_ms,p95_ms\n";
  for (const RunOutcome& run : report.runs) {
    for (size_t i = 0; i < run.steps.size(); ++i) {
      const Step& step = run.steps[i];
      out += fmt::format("{},{:g},{},{},{},{},{},", run.id, static_cast<double>(i) * run.step_s,
                         step.requests, step.hits, step.stale, step.errors, step.origin_fetches);
      // Nothing was answered: nothing to say.
      out += step.first_byte.count() == 0
                 ? ",\n"
                 : fmt::format("{:.3f},{:.3f}\n", step.first_byte.quantile_us(0.5) / 1000,
                               step.first_byte.quantile_us(0.95) / 1000);
    }
  }
  return out;
}

std::string latency_csv(const Report& report) {
  std::string out = "run,region,ms,share\n";
  for (const RunOutcome& run : report.runs) {
    for (size_t i = 0; i < run.regions.size(); ++i) {
      for (const auto& [us, share] : run.regions[i].first_byte.cdf(kCdfPoints)) {
        out += fmt::format("{},{},{:.3f},{:.6f}\n", run.id, report.regions[i].id, us / 1000, share);
      }
    }
  }
  return out;
}

}  // namespace atl::lab
