// stress-load: an origin that misbehaves, clients that come and go, purges, and a checker between
// them. Waits for "EDGE CONTROL" (addresses) on its standard input when it has said its port;
// tests/stress/stress.py starts it and the programs.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/stress/crowd.h"
#include "tests/stress/moods.h"
#include "tests/stress/origin.h"
#include "tests/stress/poller.h"
#include "tests/stress/purger.h"

namespace atl::stress {
namespace {

struct Options {
  uint32_t seconds = 15;
  uint32_t seed = 1;
  size_t clients = 400;
  size_t objects = 400;
  uint32_t purge_every_ms = 100;
  uint32_t patience = 30;  // seconds
  bool silent = false;
};

// "--name=number"; false: it is something else.
bool set_option(std::string_view text, Options& options) {
  if (text == "--silent") {
    options.silent = true;
    return true;
  }
  const auto read = [&](std::string_view name, auto& value) {
    if (!text.starts_with(name)) return false;
    const auto [end, error] =
        std::from_chars(text.data() + name.size(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  return read("--seconds=", options.seconds) || read("--seed=", options.seed) ||
         read("--clients=", options.clients) || read("--objects=", options.objects) ||
         read("--purge-every=", options.purge_every_ms) || read("--patience=", options.patience);
}

sockaddr_in address_in(const std::string& text) {
  const size_t colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    fmt::print(stderr, "stress-load: {} is no address\n", text);
    std::exit(2);
  }
  address.sin_port = htons(static_cast<uint16_t>(std::stoul(text.substr(colon + 1))));
  return address;
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void print_tally(const Tally& tally, const Origin& origin, const Temper& temper,
                 const Purger& purger) {
  fmt::print(
      "requests {} complete {} cut off {} unanswered {} left {} connections {} MiB checked {}\n",
      tally.requests, tally.complete, tally.cut_off, tally.unanswered, tally.left,
      tally.connections, tally.bytes >> 20);
  for (const auto& [status, count] : tally.by_status) fmt::print("{}: {}  ", status, count);
  fmt::print("\n");
  for (const auto& [what, count] : tally.by_cache) fmt::print("{}: {}  ", what, count);
  fmt::print("\norigin: {} requests;  ", origin.requests());
  for (size_t i = 0; i < static_cast<size_t>(Mood::kCount); ++i) {
    const auto mood = static_cast<Mood>(i);
    fmt::print("{} {}  ", to_string(mood), temper.count(mood));
  }
  fmt::print("\npurges {} failed {}\nwrong {} hangs {}\n", purger.done(), purger.failed(),
             tally.wrong, tally.hangs);
  std::fflush(stdout);
}

int run(const Options& options) {
  allow_many_descriptors();
  Catalogue catalogue(options.objects);
  for (size_t i = 0; i < options.objects; ++i) catalogue.change(i);
  Poller poller;
  Temper temper(catalogue, options.seed, options.silent);
  Origin origin(poller, temper);
  fmt::print("PORT {}\n", origin.port());
  std::fflush(stdout);
  std::string edge;
  std::string control;
  if (!(std::cin >> edge >> control)) return 2;
  fmt::print("seed {}, {} clients, {} objects, {} s\n", options.seed, options.clients,
             options.objects, options.seconds);
  Purger purger(catalogue, {.control = address_in(control),
                            .seed = options.seed,
                            .pause = std::chrono::milliseconds{options.purge_every_ms}});
  Crowd crowd(poller, catalogue,
              {.edge = address_in(edge),
               .clients = options.clients,
               .seed = options.seed,
               .deadline = std::chrono::seconds{options.patience}});
  crowd.start();
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds{options.seconds};
  // Then what is under way is taken to its end.
  const auto last = end + std::chrono::seconds{60};
  auto next_look = began;
  auto next_print = began + std::chrono::seconds{60};
  while (!crowd.idle() && Clock::now() < last) {
    poller.turn(std::chrono::milliseconds{100});
    const auto now = Clock::now();
    if (now >= end) crowd.stop();
    if (now >= next_look) {
      crowd.look_for_hangs();
      next_look = now + std::chrono::seconds{1};
    }
    if (now >= next_print) {
      print_tally(crowd.tally(), origin, temper, purger);
      next_print = now + std::chrono::seconds{60};
    }
  }
  purger.stop();
  print_tally(crowd.tally(), origin, temper, purger);
  const Tally& tally = crowd.tally();
  if (!crowd.idle()) fmt::print("clients still wait\n");
  const bool good = tally.wrong == 0 && tally.hangs == 0 && purger.failed() == 0 &&
                    purger.done() > 0 && crowd.idle() && tally.complete > options.clients;
  fmt::print("{}\n", good ? "PASSED" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace atl::stress

int main(int argc, char** argv) {
  atl::stress::Options options;
  for (int i = 1; i < argc; ++i) {
    if (!atl::stress::set_option(argv[i], options)) {
      fmt::print(
          stderr,
          "stress-load: {} is none of --seconds=N --seed=N (of requests, moods and purges) "
          "--clients=N --objects=N --purge-every=MILLISECONDS --patience=SECONDS --silent (now "
          "and then the origin does not answer at all)\n",
          argv[i]);
      return 2;
    }
  }
  return atl::stress::run(options);
}
