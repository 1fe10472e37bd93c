#include "lib/net/task.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace atl::net {
namespace {

using namespace std::chrono_literals;

// Something to wait for that the test decides about. Forgets its waiter when that is destroyed.
class Gate {
 public:
  class Awaiter {
   public:
    explicit Awaiter(Gate& gate) : gate_(gate) {}
    ~Awaiter() {
      if (gate_.waiting_ == this) gate_.waiting_ = nullptr;
    }
    bool await_ready() const { return gate_.open_; }
    void await_suspend(std::coroutine_handle<> handle) {
      handle_ = handle;
      gate_.waiting_ = this;
    }
    void await_resume() {}

   private:
    friend class Gate;
    Gate& gate_;
    std::coroutine_handle<> handle_;
  };

  Awaiter operator co_await() { return Awaiter(*this); }
  void open() {
    open_ = true;
    if (waiting_ != nullptr) std::exchange(waiting_, nullptr)->handle_.resume();
  }
  bool awaited() const { return waiting_ != nullptr; }

 private:
  bool open_ = false;
  Awaiter* waiting_ = nullptr;
};

// Writes when it dies.
struct Witness {
  std::vector<std::string>* log;
  std::string name;
  ~Witness() { log->push_back(name); }
};

Task<int> add(Gate* gate, int a, int b) {
  co_await *gate;
  co_return a + b;
}

Task<Result<std::string>> describe(Gate* gate, int n) {
  const int sum = co_await add(gate, n, 1);
  if (sum < 0) co_return std::unexpected(Error{.code = Code::Invalid});
  co_return std::to_string(sum);
}

Task<> keep(Gate* gate, int n, std::string* out) {
  const auto text = co_await describe(gate, n);
  *out = text ? *text : "error";
}

TEST_CASE("task: values travel up through what awaits them") {
  TaskScope scope;
  Gate gate;
  std::string out = "nothing";
  scope.spawn(keep(&gate, 41, &out));
  CHECK(out == "nothing");
  CHECK(scope.size() == 1);
  gate.open();
  CHECK(out == "42");
  CHECK(scope.size() == 0);

  scope.spawn(keep(&gate, -7, &out));  // the gate is open: never suspends
  CHECK(out == "error");
  CHECK(scope.size() == 0);
}

TEST_CASE("task: one that is neither spawned nor awaited never runs and is freed") {
  Gate gate;
  std::string out = "nothing";
  {
    const Task<> unused = keep(&gate, 1, &out);
  }
  CHECK(out == "nothing");
}

Task<> inner(Gate* gate, std::vector<std::string>* log) {
  const Witness witness{log, "inner"};
  co_await *gate;
  log->push_back("ran on");
}

Task<> outer(Gate* gate, std::vector<std::string>* log) {
  const Witness witness{log, "outer"};
  co_await inner(gate, log);
}

TEST_CASE("task: a scope that dies cancels its tasks, innermost first") {
  Gate gate;
  std::vector<std::string> log;
  {
    TaskScope scope;
    scope.spawn(outer(&gate, &log));
    CHECK(gate.awaited());
  }
  CHECK(log == std::vector<std::string>{"inner", "outer"});
  CHECK_FALSE(gate.awaited());
  gate.open();
  CHECK(log.size() == 2);
}

Task<> wait_for(Gate* gate, int number, std::vector<int>* ended) {
  co_await *gate;
  ended->push_back(number);
}

TEST_CASE("task: tasks of one scope end in any order") {
  TaskScope scope;
  std::vector<std::unique_ptr<Gate>> gates;
  std::vector<int> ended;
  for (int i = 0; i < 5; ++i) {
    gates.push_back(std::make_unique<Gate>());
    scope.spawn(wait_for(gates.back().get(), i, &ended));
  }
  for (const size_t i : {2U, 0U, 4U, 1U}) gates[i]->open();
  CHECK(ended == std::vector<int>{2, 0, 4, 1});
  CHECK(scope.size() == 1);
  scope.cancel();
  CHECK(scope.size() == 0);
  gates[3]->open();
  CHECK(ended.size() == 4);
}

Task<> spawn_another(TaskScope* scope, Gate* gate, std::vector<int>* ended) {
  scope->spawn(wait_for(gate, 1, ended));
  ended->push_back(0);
  co_return;
}

TEST_CASE("task: a task may spawn into the scope it runs in") {
  TaskScope scope;
  Gate gate;
  std::vector<int> ended;
  scope.spawn(spawn_another(&scope, &gate, &ended));
  CHECK(scope.size() == 1);
  gate.open();
  CHECK(ended == std::vector<int>{0, 1});
}

Task<> tick(Loop* loop, int times, std::vector<MonoTime>* seen) {
  for (int i = 0; i < times; ++i) {
    co_await sleep_for(*loop, 3ms);
    seen->push_back(loop->now());
  }
  loop->stop();
}

TEST_CASE("task: sleep_for lets at least that much time pass on the loop") {
  Loop loop;
  std::vector<MonoTime> seen;
  TaskScope scope;
  const MonoTime begin = loop.now();
  scope.spawn(tick(&loop, 3, &seen));
  loop.run();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0] - begin >= 3ms);
  CHECK(seen[2] - begin >= 9ms);
}

TEST_CASE("task: a task that is cancelled while it sleeps is not woken") {
  Loop loop;
  std::vector<MonoTime> seen;
  {
    TaskScope scope;
    scope.spawn(tick(&loop, 1, &seen));
  }
  Timer end(loop, [&loop] { loop.stop(); });
  end.start(10ms);
  loop.run();
  CHECK(seen.empty());
}

// Deep recursion of ready tasks must not use the stack: symmetric transfer.
Task<int> count_down(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await count_down(n - 1);
}

Task<> count_into(int n, int* out) { *out = co_await count_down(n); }

TEST_CASE("task: a chain of tasks that never wait gives its answer at once") {
  TaskScope scope;
  int out = 0;
  scope.spawn(count_into(200, &out));
  CHECK(out == 200);
}

}  // namespace
}  // namespace atl::net
