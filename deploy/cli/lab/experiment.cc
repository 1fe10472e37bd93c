#include "deploy/cli/lab/experiment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "deploy/cli/lab/catalogue.h"
#include "deploy/cli/text.h"
#include "deploy/lab/live/live.h"
#include "deploy/lab/report/json.h"
#include "deploy/lab/report/write.h"
#include "deploy/lab/scenario/read.h"
#include "deploy/lab/simulation/simulation.h"

namespace atl::cli {
namespace {

using std::chrono::steady_clock;

int complain(const std::string& problem, int exit_code) {
  fmt::print(stderr, "atoll-cli lab run: {}\n", problem);
  return exit_code;
}

// On a terminal a bar that is redrawn, elsewhere a line for each run.
class ProgressBar {
 public:
  ProgressBar(size_t runs, bool quiet)
      : runs_(runs), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressBar() {
    if (!quiet_ && terminal_) std::fputs("\r\x1b[K", stderr);
  }

  void begin(const std::string& run) {
    ++number_;
    run_ = run;
    start_ = steady_clock::now();
    if (!quiet_ && !terminal_) fmt::print(stderr, "run {} of {}: {}\n", number_, runs_, run_);
  }
  void show(const lab::SimulationProgress& progress) {
    const auto now = steady_clock::now();
    if (quiet_ || !terminal_ || now < next_) return;
    next_ = now + std::chrono::milliseconds{100};
    constexpr size_t kWidth = 24;
    const double share = progress.expected == 0 ? 1
                                                : static_cast<double>(progress.done) /
                                                      static_cast<double>(progress.expected);
    const auto filled = static_cast<size_t>(std::min(share, 1.0) * kWidth);
    const std::chrono::duration<double> elapsed = now - start_;
    const double rate = static_cast<double>(progress.done) / std::max(elapsed.count(), 1e-9);
    fmt::print(
        stderr, "\r[{}{}] run {} of {}  {}  {} requests, {}/s\x1b[K", std::string(filled, '#'),
        std::string(kWidth - filled, '.'), number_, runs_, run_, grouped(progress.done),
        rate < 1e5 ? fmt::format("{:.0f}", rate) : fmt::format("{:.2f} million", rate / 1e6));
    std::fflush(stderr);
  }

 private:
  size_t runs_;
  size_t number_ = 0;
  bool quiet_;
  bool terminal_;
  std::string run_;
  steady_clock::time_point start_;
  steady_clock::time_point next_;
};

std::string ms_text(const lab::Histogram& histogram, double q) {
  return histogram.count() == 0 ? "-" : fmt::format("{:.1f}", histogram.quantile_us(q) / 1000);
}

void play(const lab::Scenario& scenario, const lab::Traces& traces,
          const ExperimentCommand& command, lab::Report& report) {
  for (std::string& note : lab::simulation_notes()) report.notes.push_back(std::move(note));
  ProgressBar bar(scenario.runs.size(), command.quiet);
  for (const lab::RunSpec& run : scenario.runs) {
    bar.begin(run.title);
    report.runs.push_back(
        lab::simulate(scenario, run, traces, report.seed,
                      [&](const lab::SimulationProgress& progress) { bar.show(progress); }));
  }
}

Outcome<void> play_live(const lab::Scenario& scenario, const lab::Traces& traces,
                        const ExperimentCommand& command, lab::Report& report) {
  report.live = true;
  if (!command.quiet) fmt::print(stderr, "measuring the relay's links\n");
  auto links = lab::prove_links(scenario, report.seed);
  if (!links) return std::unexpected(links.error());
  report.links = *std::move(links);
  const lab::LiveSetup setup{scenario, traces, report.seed, command.programs};
  ProgressBar bar(scenario.runs.size(), command.quiet);
  for (const lab::RunSpec& run : scenario.runs) {
    bar.begin(run.title);
    auto outcome = lab::play_live(
        setup, run, [&](uint64_t sent, uint64_t expected) { bar.show({sent, expected}); });
    if (!outcome) return std::unexpected(outcome.error());
    report.runs.push_back(*std::move(outcome));
  }
  for (std::string& note : lab::live_notes(report.runs)) report.notes.push_back(std::move(note));
  return {};
}

}  // namespace

std::string experiment_summary(const lab::Report& report) {
  std::vector<std::vector<std::string>> totals{
      {"run", "requests", "hits", "stale", "errors", "offload", "p50 ms", "p95 ms", "p99 ms"}};
  std::vector<std::vector<std::string>> regions{{"p95 ms by region"}};
  for (const lab::ReportPlace& region : report.regions) {
    regions.push_back({fmt::format("{} ({})", region.city, region.id)});
  }
  for (const lab::RunOutcome& run : report.runs) {
    const lab::Stats total = run.total();
    const auto share = [&](uint64_t part) {
      return total.requests == 0
                 ? std::string("-")
                 : percent(static_cast<double>(part) / static_cast<double>(total.requests));
    };
    totals.push_back({run.id, grouped(total.requests), share(total.hits), share(total.stale),
                      share(total.errors), percent(run.offload()), ms_text(total.first_byte, 0.5),
                      ms_text(total.first_byte, 0.95), ms_text(total.first_byte, 0.99)});
    regions[0].push_back(run.id);
    for (size_t i = 0; i < run.regions.size(); ++i) {
      regions[i + 1].push_back(ms_text(run.regions[i].first_byte, 0.95));
    }
  }
  return table(totals, "l") + "\n" + table(regions, "l");
}

int run_experiment(const ExperimentCommand& command) {
  auto read = lab::read_scenario(scenario_path(command.scenario, command.folder));
  if (!read) {
    for (const std::string& problem : read.error()) fmt::print(stderr, "{}\n", problem);
    return complain("the scenario is unusable", 2);
  }
  const lab::Scenario scenario =
      command.scale < 1 ? lab::scaled(*std::move(read), command.scale) : *std::move(read);
  const auto traces = lab::load_traces(scenario);
  if (!traces) return complain(traces.error(), 2);
  lab::Report report = lab::report_of(scenario, command.seed.value_or(scenario.seed));
  report.version = command.version;
  if (command.live) {
    const std::vector<std::string> reasons = lab::not_live(scenario);
    if (!reasons.empty()) {
      return complain(fmt::format("it cannot be played live: {}", fmt::join(reasons, "; ")), 2);
    }
    if (const auto played = play_live(scenario, *traces, command, report); !played) {
      return complain(played.error(), played.error() == lab::kInterrupted ? 130 : 1);
    }
  } else {
    play(scenario, *traces, command, report);
  }
  if (command.scale < 1) {
    report.notes.push_back(fmt::format(
        "Played at {:g} of its size: requests, objects, caches, origin.", command.scale));
  }
  const std::string folder =
      command.out.empty() ? fmt::format(".atoll/lab/{}", scenario.name) : command.out;
  const auto written = lab::write_report(report, folder);
  if (!written) return complain(written.error(), 1);
  if (!written->missing.empty()) fmt::print(stderr, "{}\n", written->missing);
  if (command.json) {
    fmt::print("{}", lab::report_json(report));
  } else {
    fmt::print("{}\n\n{}\n{} in {}\n", printable(report.title, 200), experiment_summary(report),
               fmt::join(written->files, ", "), folder);
  }
  return std::fflush(stdout) == 0 ? 0 : complain("cannot write to standard output", 1);
}

}  // namespace atl::cli
