#include "tests/stress/purger.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>

namespace atl::stress {

Purger::Purger(Catalogue& catalogue, const Options& options)
    : catalogue_(catalogue), options_(options), random_(options.seed), thread_([this] { run(); }) {}

void Purger::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Purger::run() {
  while (!stopping_) {
    // Taken before the purge is asked for: what is current then is what may be served after it.
    const auto versions = catalogue_.all_current();
    const size_t object = random_() % versions.size();
    std::string what;
    std::function<bool(size_t)> covers;
    switch (random_() % 20) {
      case 0:
        what = R"({"everything":true})";
        covers = [](size_t) { return true; };
        break;
      case 1:
        what = fmt::format(R"({{"prefix":"http://www.example.org{}*"}})", path_of(object));
        covers = [start = path_of(object)](size_t other) {
          return path_of(other).starts_with(start);
        };
        break;
      case 2:
        what = fmt::format(R"({{"tag":"o{}"}})", object % 10);
        covers = [object](size_t other) { return other % 10 == object % 10; };
        break;
      default:
        what = fmt::format(R"({{"url":"http://www.example.org{}"}})", path_of(object));
        covers = [object](size_t other) { return other == object; };
    }
    if (purge(what)) {
      for (size_t i = 0; i < versions.size(); ++i) {
        if (covers(i)) catalogue_.raise_floor(i, versions[i]);
      }
      ++done_;
    } else if (!stopping_) {
      ++failed_;
    }
    std::this_thread::sleep_for(options_.pause);
  }
}

// Whether it was acknowledged.
bool Purger::purge(const std::string& what) {
  const auto made =
      exchange(fmt::format("POST /v1/purge HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                           "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                           what.size(), what));
  const std::string mark = "/v1/purges/";
  const size_t at = made ? made->find(mark) : std::string::npos;
  if (at == std::string::npos) {
    fmt::print(stderr, "a purge was refused: {}\n", made.value_or("no answer"));
    return false;
  }
  const std::string path = made->substr(at, made->find('"', at) - at);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!stopping_ && std::chrono::steady_clock::now() < deadline) {
    const auto state = exchange(
        fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path));
    // There is one node.
    if (state && state->find("\"acknowledged\": true") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

std::optional<std::string> Purger::exchange(const std::string& request) const {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string answer;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&options_.control),
                sizeof options_.control) == 0 &&
      ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    std::array<char, 4096> buffer;
    for (ssize_t count; (count = ::recv(descriptor, buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer.data(), static_cast<size_t>(count));
    }
  }
  ::close(descriptor);
  if (answer.empty()) return std::nullopt;
  return answer;
}

}  // namespace atl::stress
