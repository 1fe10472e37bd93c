#include "deploy/cli/policies/policies.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "deploy/lab/policies/workload.h"

namespace atl::cli {
namespace {

int complain(const std::string& problem, int exit_code) {
  fmt::print(stderr, "atoll-cli lab policies: {}\n", problem);
  return exit_code;
}

// On a terminal a bar that is redrawn, elsewhere a line for each trace.
class Steps {
 public:
  Steps(size_t total, bool quiet)
      : total_(total), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Steps() {
    if (!quiet_ && terminal_) std::fputs("\r\x1b[K", stderr);
  }

  void begin(const std::string& trace) {
    if (!quiet_ && !terminal_) fmt::print(stderr, "{} of {} done; {}\n", done_, total_, trace);
  }
  void step(const std::string& what) {
    ++done_;
    if (quiet_ || !terminal_) return;
    constexpr size_t kWidth = 24;
    const size_t filled = done_ * kWidth / total_;
    fmt::print(stderr, "\r[{}{}] {} of {}  {}\x1b[K", std::string(filled, '#'),
               std::string(kWidth - filled, '.'), done_, total_, what);
    std::fflush(stderr);
  }

 private:
  size_t total_;
  size_t done_ = 0;
  bool quiet_;
  bool terminal_;
};

Outcome<Peers> read_peers(const std::string& path) {
  if (path.empty()) return Peers{};
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::unexpected(path + ": cannot be read");
  auto peers = parse_peers(text);
  if (!peers) return std::unexpected(path + ": " + peers.error());
  return peers;
}

void run_trace(const lab::Workload& workload, const PoliciesCommand& command, Steps& steps,
               PolicyReport& report) {
  steps.begin(workload.name);
  for (const double cache : command.caches) {
    const auto capacity = static_cast<uint64_t>(static_cast<double>(workload.footprint) * cache);
    for (const std::string& policy : report.policies) {
      report.runs.push_back(
          {workload.name, cache, policy,
           lab::replay(workload, {policy, capacity, command.shards, command.second_request})});
      steps.step(workload.name);
    }
  }
}

}  // namespace

int run_policies(const PoliciesCommand& command) {
  const auto traces = lab::find_traces(command.folder);
  if (!traces) return complain(traces.error(), 2);
  auto peers = read_peers(command.peers);
  if (!peers) return complain(peers.error(), 2);
  PolicyReport report{.policies = command.policies, .runs = {}, .peers = *std::move(peers)};
  if (report.policies.empty()) report.policies = lab::policy_names();
  {
    Steps steps(traces->size() * command.caches.size() * report.policies.size(), command.quiet);
    for (const std::string& path : *traces) {
      const auto workload = lab::load_workload(path);
      if (!workload) return complain(workload.error(), 2);
      run_trace(*workload, command, steps, report);
    }
  }
  fmt::print("{}", report_policies(report, command.format));
  if (std::fflush(stdout) != 0) return complain("cannot write the report", 1);
  return 0;
}

}  // namespace atl::cli
