#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/loop.h"
#include "lib/store/store.h"

namespace atl::store::testing {

// Asks a store and runs its loop until the answer is there. One that never comes fails the test.
class Driver {
 public:
  Driver(net::Loop& loop, Store& store) : loop_(loop), store_(store) {}

  net::Loop& loop() { return loop_; }
  Store& store() { return store_; }

  // Runs the loop until `done` says so; it is asked after each turn that something happened in.
  void run_until(const std::function<bool()>& done) {
    net::Timer look(loop_, [&] {
      if (done()) loop_.stop();
    });
    look.start_periodic(std::chrono::milliseconds{1});
    bool late = false;
    net::Timer limit(loop_, [&] {
      late = true;
      loop_.stop();
    });
    limit.start(std::chrono::seconds{60});
    if (!done()) loop_.run();
    REQUIRE_FALSE(late);
  }

  Result<std::optional<Item>> get(std::string partition, std::string sort) {
    return wait<std::optional<Item>>([&](auto on_done) {
      store_.get(std::move(partition), std::move(sort), std::move(on_done));
    });
  }
  Result<Page> range(Range range) {
    return wait<Page>([&](auto on_done) { store_.range(std::move(range), std::move(on_done)); });
  }
  Result<Written> write(Write write) {
    return wait<Written>([&](auto on_done) { store_.write(std::move(write), std::move(on_done)); });
  }
  // What must go well.
  Version put(std::string partition, std::string sort, std::string value) {
    const auto written =
        write({std::move(partition), {Change::put(std::move(sort), std::move(value))}});
    REQUIRE(written.has_value());
    REQUIRE(written->applied);
    return written->version;
  }
  // Tries until it is no longer told to; for servers that are being failed over.
  Result<Written> write_patiently(const Write& what) {
    for (int attempt = 0;; ++attempt) {
      auto written = write(what);
      if (written || !written.error().retryable || attempt == 200) return written;
      bool over = false;
      net::Timer pause(loop_, [&] { over = true; });
      pause.start(std::chrono::milliseconds{50});
      run_until([&] { return over; });
    }
  }

 private:
  template <class T, class Ask>
  Result<T> wait(Ask ask) {
    std::optional<Result<T>> answer;
    bool inside = true;
    ask(Store::OnDone<T>([&](Result<T> result) {
      CHECK_FALSE(inside);
      answer = std::move(result);
      loop_.stop();
    }));
    inside = false;
    net::Timer limit(loop_, [&] { loop_.stop(); });
    limit.start(std::chrono::seconds{60});
    while (!answer) {
      loop_.run();
      REQUIRE(answer.has_value());
    }
    return *std::move(answer);
  }

  net::Loop& loop_;
  Store& store_;
};

}  // namespace atl::store::testing
