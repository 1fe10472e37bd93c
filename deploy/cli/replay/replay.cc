#include "deploy/cli/replay/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "deploy/cli/api.h"
#include "deploy/cli/replay/progress_line.h"
#include "deploy/cli/replay/report.h"

namespace atl::cli {
namespace {

// Set by a signal: the one thing a handler may touch.
volatile std::sig_atomic_t g_interrupted = 0;

// SIGINT and SIGTERM end the replay with a report of what was done; a second one ends the process.
void catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { g_interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int complain(const std::string& problem, int exit_code) {
  fmt::print(stderr, "atoll-cli replay: {}\n", problem);
  return exit_code;
}

struct Problem {
  std::string text;
  int exit_code;
};

std::expected<Plan, Problem> make_plan(const ReplayCommand& command) {
  const auto unusable = [](const std::string& text) { return std::unexpected(Problem{text, 2}); };
  if (!command.pops.empty()) {
    auto plan = plan_from_pops(command.pops);
    if (!plan) return unusable(plan.error());
    return *std::move(plan);
  }
  const auto control = Api::open(command.access);
  if (!control) return unusable(control.error());
  const auto clients = command.client_file.empty()
                           ? Outcome<std::vector<std::string>>(default_clients())
                           : read_client_file(command.client_file);
  if (!clients) return unusable(clients.error());
  auto plan = plan_from_control(*control, *clients);
  if (!plan) return std::unexpected(Problem{plan.error(), 1});
  return *std::move(plan);
}

// Slots of thread `index`: the whole concurrency, divided as evenly as it goes.
unsigned slots_of(const ReplayOptions& options, unsigned index) {
  return options.concurrency / options.threads + (index < options.concurrency % options.threads);
}

struct Work {
  Tally tally;
  std::string problem;
};

// Runs the driver threads to their end while this thread shows progress.
Work run_threads(const Plan& plan, const ReplayOptions& options, RowFeed& feed, Progress& progress,
                 ProgressLine& line) {
  std::vector<Outcome<Tally>> results(options.threads, Tally(plan.pops.size()));
  std::mutex mutex;
  std::condition_variable ended;
  unsigned running = options.threads;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < options.threads; ++i) {
    threads.emplace_back([&, i] {
      results[i] = drive(plan, options, slots_of(options, i), feed, progress);
      const std::lock_guard lock(mutex);
      --running;
      ended.notify_one();
    });
  }
  constexpr std::chrono::milliseconds kLook{50};
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, kLook, [&] { return running == 0; })) {
    if (g_interrupted != 0) feed.stop();
    line.tick();
  }
  lock.unlock();
  threads.clear();  // joins
  Work work{Tally(plan.pops.size()), feed.problem()};
  for (const auto& result : results) {
    if (result) {
      work.tally.merge(*result);
    } else {
      work.problem = result.error();
    }
  }
  if (work.problem.empty() && g_interrupted != 0) work.problem = "interrupted";
  return work;
}

std::optional<uint64_t> total_rows(const ReplayCommand& command) {
  return trace::count_trace_rows(command.file, command.options.limit.value_or(UINT64_MAX));
}

}  // namespace

int run_replay(const ReplayCommand& command) {
  auto reader = trace::TraceReader::open(command.file);
  if (!reader) return complain(reader.error(), 2);
  const auto plan = make_plan(command);
  if (!plan) return complain(plan.error().text, plan.error().exit_code);

  catch_interrupts();
  ReplayOptions options = command.options;
  options.threads = std::min(options.threads, options.concurrency);
  RowFeed feed(std::move(*reader), options.limit);
  Progress progress;
  ProgressLine line(progress, command.quiet ? std::nullopt : total_rows(command), command.quiet);
  const Work work = run_threads(*plan, options, feed, progress, line);
  const ReplayResult result{*plan, work.tally, line.elapsed().count(), work.problem};
  line.finish();
  fmt::print("{}", command.json ? report_json(result) : report_text(result));
  if (std::fflush(stdout) != 0) return complain("cannot write the report", 1);
  return work.tally.errors.empty() && work.problem.empty() ? 0 : 1;
}

}  // namespace atl::cli
