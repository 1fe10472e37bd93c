// Workers on threads of their own, many clients, an origin that misbehaves, purges: every byte that
// a client gets is compared with the truth. Meant for the sanitizers, and for what turns cannot
// show.
#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>

#include "edge/purge.h"
#include "tests/component/edge/lab.h"
#include "tests/component/edge/range_origin.h"

namespace atl::test {
namespace {

// A body is a function of its URL and language, so that a mixed-up answer shows.
std::string truth(std::string_view path, std::string_view language) {
  std::minstd_rand random(static_cast<unsigned>(std::hash<std::string_view>{}(path)));
  const size_t size = random() % 200'000 + 1;
  std::string body;
  body.reserve(size + 64);
  while (body.size() < size) {
    body += path;
    body += language;
    body += std::to_string(body.size());
  }
  body.resize(size);
  return body;
}

struct Truth {
  std::string path;
  std::string language;
  size_t first = 0;
  size_t count = std::string::npos;  // of a range
};

bool is_right(const Client& client, const Truth& expected) {
  const std::string whole = truth(expected.path, expected.language);
  if (client.status() == 206) {
    return client.body() == whole.substr(expected.first, expected.count);
  }
  if (client.status() == 200) return client.body() == whole;
  return client.status() == 502;
}

// Answers with `truth`, in pieces over several turns, sometimes cut off, sometimes not at all.
class Moody {
 public:
  explicit Moody(unsigned seed) : random_(seed) {}

  void answer(const FakeCallPtr& call) {
    const unsigned mood = next() % 100;
    if (mood < 5) return call->fail(rpc::FailureReason::Reset, true);
    const std::string language = call->has("Accept-Language: de") ? "de" : "en";
    const bool vary = call->target.find("vary") != std::string::npos;
    auto body = std::make_shared<std::string>(truth(call->target, vary ? language : ""));
    std::string lines =
        mood < 15 ? "Cache-Control: no-store\r\n" : "Cache-Control: max-age=600\r\n";
    if (vary) lines += "Vary: Accept-Language\r\n";
    if (answer_part(call, *body, lines)) return;
    const bool announced = next() % 2 == 0;
    const size_t cut = mood >= 15 && mood < 20 ? body->size() / 2 : body->size();
    call->head(200, lines, announced ? std::optional<uint64_t>(body->size()) : std::nullopt);
    send(call, body, 0, cut);
  }

 private:
  // Half of the objects can be had in parts.
  bool answer_part(const FakeCallPtr& call, const std::string& body, std::string lines) {
    if (body.size() % 2 == 0) return false;
    lines += "ETag: \"" + std::to_string(std::hash<std::string>{}(body)) + "\"\r\n";
    const auto asked = asked_range(field_in(call->fields, "Range"), body.size());
    if (!asked || asked->count == 0) return false;
    lines += "Content-Range: bytes " + std::to_string(asked->first) + "-" +
             std::to_string(asked->first + asked->count - 1) + "/" + std::to_string(body.size()) +
             "\r\n";
    auto part = std::make_shared<std::string>(body.substr(asked->first, asked->count));
    call->head(206, lines, part->size());
    send(call, part, 0, next() % 10 == 0 ? part->size() / 2 : part->size());
    return true;
  }
  unsigned next() {
    const std::lock_guard lock(mutex_);
    return static_cast<unsigned>(random_());
  }
  void send(const FakeCallPtr& call, const std::shared_ptr<std::string>& body, size_t at,
            size_t cut) {
    if (call->cancelled()) return;
    if (call->paused()) {
      call->on_resume = [this, call, body, at, cut] {
        call->on_resume = nullptr;
        send(call, body, at, cut);
      };
      return;
    }
    if (at == cut) {
      if (cut == body->size()) return call->end();
      return call->fail(rpc::FailureReason::Reset, true);
    }
    const size_t count = std::min<size_t>(cut - at, 1 + next() % 60'000);
    call->body(body->substr(at, count));
    call->loop().post([this, call, body, at, count, cut] { send(call, body, at + count, cut); });
  }

  std::mutex mutex_;
  std::minstd_rand random_;
};

// One worker's clients: so many at a time until the quota is used up.
class Crowd {
 public:
  Crowd(Bench& bench, unsigned seed, unsigned quota) : bench_(bench), random_(seed), left_(quota) {}

  void start(unsigned at_once) {
    running_ = at_once;
    bench_.loop.post([this, at_once] {
      for (unsigned i = 0; i < at_once; ++i) next();
    });
    thread_ = std::thread([this] { bench_.loop.run(); });
  }
  void join() { thread_.join(); }

  uint64_t wrong = 0;
  uint64_t complete = 0;
  // Counts requests of all crowds; whoever waits on it is told of every one.
  std::atomic<unsigned>* begun = nullptr;

 private:
  void next() {
    if (left_ == 0) {
      if (--running_ == 0) bench_.loop.stop();
      return;
    }
    --left_;
    ++*begun;
    begun->notify_all();
    auto expected = std::make_shared<Truth>();
    const bool vary = random_() % 3 == 0;
    expected->path = (vary ? "/vary/" : "/plain/") + std::to_string(random_() % 40);
    FieldList fields;
    const std::string language = random_() % 2 == 0 ? "en" : "de";
    fields.push_back({"Accept-Language", language});
    if (vary) expected->language = language;
    if (random_() % 4 == 0) {
      const size_t size = truth(expected->path, expected->language).size();
      expected->first = random_() % size;
      expected->count = 1 + random_() % (size - expected->first);
      fields.push_back({"Range", "bytes=" + std::to_string(expected->first) + "-" +
                                     std::to_string(expected->first + expected->count - 1)});
    }
    auto client = std::make_shared<Client>(*bench_.frontend,
                                           RequestSpec{.path = expected->path, .fields = fields});
    const bool impatient = random_() % 10 == 0;
    if (random_() % 5 == 0) client->capacity = 30'000;
    client->on_end = [this, client, expected] { ended(client, expected); };
    client->send();
    if (impatient && client->on_end) bench_.loop.post([this, client] { give_up(client); });
    if (client->capacity != 0) take_slowly(client);
  }

  void ended(const std::shared_ptr<Client>& client, const std::shared_ptr<Truth>& expected) {
    bench_.loop.post([this, client, expected] {
      if (!client->on_end) return;
      client->on_end = nullptr;
      if (!client->failed()) {
        ++complete;
        if (!is_right(*client, *expected)) ++wrong;
      }
      next();
    });
  }
  void give_up(const std::shared_ptr<Client>& client) {
    if (!client->on_end) return;
    client->on_end = nullptr;
    client->leave();
    next();
  }
  void take_slowly(const std::shared_ptr<Client>& client) {
    bench_.loop.post([this, client] {
      if (!client->on_end) return;
      client->drain();
      take_slowly(client);
    });
  }

  Bench& bench_;
  std::minstd_rand random_;
  unsigned left_;
  unsigned running_ = 0;
  std::thread thread_;
};

TEST_CASE("stress: clients on two workers get right bytes or a visible failure") {
  Lab lab(100'000, 1 << 20, 16'384);
  Bench second(lab.shared, lab.origin);
  Moody moody(5);
  lab.origin.on_open = [&](const FakeCallPtr& call) { moody.answer(call); };
  Crowd one(lab.bench, 1, 500);
  Crowd two(second, 2, 500);
  std::atomic<unsigned> begun = 0;
  one.begun = two.begun = &begun;
  one.start(30);
  two.start(30);
  std::thread purger([&] {
    const auto routes = Lab::routes();
    // One purge with every ten requests or so, whatever a sanitizer slows down.
    for (unsigned i = 0, seen = 0; seen < 1000; ++i) {
      using Kind = edge::PurgeSpec::Kind;
      const edge::PurgeSpec spec =
          i % 16 == 0
              ? edge::PurgeSpec{Kind::Everything, ""}
              : edge::PurgeSpec{Kind::Url, "http://www.example.org/plain/" + std::to_string(i % 40),
                                i % 2 == 0};
      if (!edge::carry_out(spec, routes.get(), lab.shared)) std::abort();
      for (const unsigned next = std::min(seen + 10, 1000U); seen < next; seen = begun) {
        begun.wait(seen);
      }
    }
  });
  one.join();
  two.join();
  purger.join();
  CHECK(one.wrong == 0);
  CHECK(two.wrong == 0);
  CHECK(one.complete + two.complete > 500);
  // What is still on its way is for nobody.
  test::settle({&lab.bench, &second});
  test::settle({&lab.bench, &second});
  CHECK(lab.bench.counters.hits.get() > 0);
  CHECK(second.counters.collapsed.get() + lab.bench.counters.collapsed.get() > 0);
}

TEST_CASE("stress: every object is fetched once although the workers race for it") {
  Lab lab;
  Bench second(lab.shared, lab.origin);
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, "Cache-Control: max-age=600\r\n", call->target);
  };
  constexpr int kObjects = 2000;
  std::atomic<int> wrong = 0;
  const auto run = [&](Bench& bench) {
    auto left = std::make_shared<int>(kObjects);
    std::vector<std::shared_ptr<Client>> clients;
    for (int i = 0; i < kObjects; ++i) {
      const std::string path = "/" + std::to_string(i);
      auto client = bench.get(path);
      client->on_end = [&, client = client.get(), path, left] {
        if (client->body() != path) ++wrong;
        if (--*left == 0) bench.loop.stop();
      };
      clients.push_back(std::move(client));
    }
    bench.loop.run();
  };
  // Both workers' clients ask in the same order; neither worker waits for the other.
  std::thread other([&] { run(second); });
  run(lab.bench);
  other.join();
  CHECK(wrong == 0);
  CHECK(lab.origin.opened() == kObjects);
}

}  // namespace
}  // namespace atl::test
