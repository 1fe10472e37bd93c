// Random ranges of an object that the origin changes now and then, cut off and slow now and then:
// every byte that a client gets is held against the version that its ETag names.
#include <doctest/doctest.h>

#include <charconv>
#include <deque>
#include <map>

#include "edge/purge.h"
#include "tests/component/edge/lab.h"
#include "tests/component/edge/range_origin.h"

namespace atl::test {
namespace {

constexpr uint64_t kBlock = 1000;

// The versions of one object; the last is what the origin serves.
struct History {
  std::deque<RangeOrigin> versions;
  RangeOrigin& now() { return versions.back(); }
  void change(std::minstd_rand& random) {
    const unsigned number = static_cast<unsigned>(versions.size());
    // Sometimes of the same size, so that nothing but the tag tells them apart.
    const size_t size = number % 3 == 0 && number != 0 ? now().body.size() : 1 + random() % 20'000;
    versions.push_back({.body = random_bytes(size, number),
                        .etag = "\"" + std::to_string(number) + "\"",
                        .lines = "Cache-Control: max-age=60\r\n"});
  }
  const RangeOrigin* by_tag(const std::string& tag) const {
    for (const RangeOrigin& version : versions) {
      if (version.etag == tag) return &version;
    }
    return nullptr;
  }
};

// Sends pieces over several turns of the loop, and breaks off now and then.
class SlowOrigin {
 public:
  explicit SlowOrigin(std::minstd_rand& random) : random_(random) {}

  void answer(const FakeCallPtr& call, const RangeOrigin& site) {
    if (random_() % 20 == 0) return call->fail(rpc::FailureReason::Reset, true);
    auto bytes = std::make_shared<std::string>(site.answer_head(call));
    const size_t cut = random_() % 6 == 0 ? random_() % (bytes->size() + 1) : bytes->size();
    send(call, bytes, 0, cut);
  }

 private:
  void send(const FakeCallPtr& call, const std::shared_ptr<std::string>& bytes, size_t at,
            size_t cut) {
    if (call->cancelled()) return;
    if (call->paused()) {
      call->on_resume = [this, call, bytes, at, cut] {
        call->on_resume = nullptr;
        send(call, bytes, at, cut);
      };
      return;
    }
    if (at == cut) {
      if (cut == bytes->size()) return call->end();
      return call->fail(rpc::FailureReason::Reset, true);
    }
    const size_t count = std::min<size_t>(cut - at, 1 + random_() % 700);
    call->body(bytes->substr(at, count));
    call->loop().post([this, call, bytes, at, count, cut] { send(call, bytes, at + count, cut); });
  }

  std::minstd_rand& random_;
};

size_t number_at(std::string_view text, size_t at) {
  size_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

// "bytes 5-9/100" and the bytes that follow.
bool is_right_part(std::string_view content_range, std::string_view bytes, const std::string& all) {
  const size_t first = number_at(content_range, 6);
  const size_t last = number_at(content_range, content_range.find('-') + 1);
  const size_t size = number_at(content_range, content_range.find('/') + 1);
  return size == all.size() && last < size && first + bytes.size() == last + 1 &&
         bytes == std::string_view(all).substr(first, bytes.size());
}

bool is_right_multipart(std::string_view head, std::string_view body, const std::string& all) {
  const std::string type = field_in(head, "Content-Type");
  const size_t quote = type.find('"') + 1;
  const std::string boundary = "--" + type.substr(quote, type.size() - 1 - quote);
  size_t parts = 0;
  if (body.find(boundary) == std::string_view::npos) return false;
  for (size_t at = body.find(boundary); !body.substr(at + boundary.size()).starts_with("--");) {
    const size_t head_end = body.find("\r\n\r\n", at) + 4;
    const std::string_view lines = body.substr(at, head_end - at);
    const size_t next = body.find("\r\n" + boundary, head_end);
    if (next == std::string_view::npos) return false;
    if (!is_right_part(field_in(lines, "Content-Range"), body.substr(head_end, next - head_end),
                       all)) {
      return false;
    }
    at = next + 2;
    ++parts;
  }
  return parts > 1;
}

bool is_right(const Client& client, const History& history) {
  if (client.status() == 502 || client.status() == 416) return true;
  const RangeOrigin* version = history.by_tag(field_in(client.head(), "ETag"));
  if (version == nullptr) return false;
  if (client.status() == 304) return client.body().empty();
  // What a broken-off answer did contain is right too.
  const std::string& all = version->body;
  if (client.status() == 200) {
    return client.failed() ? all.starts_with(client.body()) : client.body() == all;
  }
  const std::string range = field_in(client.head(), "Content-Range");
  if (range.empty()) {
    return client.failed() || is_right_multipart(client.head(), client.body(), all);
  }
  if (client.failed()) {
    return std::string_view(all).substr(number_at(range, 6)).starts_with(client.body());
  }
  return is_right_part(range, client.body(), all);
}

std::string random_range(std::minstd_rand& random, size_t size) {
  const size_t first = random() % size;
  const size_t last = first + random() % (size - first);
  switch (random() % 6) {
    case 0:
      return "bytes=" + std::to_string(first) + "-";
    case 1:
      return "bytes=-" + std::to_string(1 + random() % size);
    case 2:
      return "bytes=" + std::to_string(first) + "-" + std::to_string(first + random() % 50) +
             ",0-9";
    default:
      return "bytes=" + std::to_string(first) + "-" + std::to_string(last);
  }
}

struct Tally {
  unsigned complete = 0;
  unsigned failed = 0;
  unsigned wrong = 0;
  unsigned hits = 0;
};

Tally run(unsigned seed, unsigned rounds) {
  Lab lab(15'000, 64 << 20, kBlock);
  std::minstd_rand random(seed);
  History history;
  history.change(random);
  SlowOrigin origin(random);
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    // Now and then between a look-up and the answer.
    if (random() % 50 == 0) history.change(random);
    origin.answer(call, history.now());
  };
  const auto routes = Lab::routes();
  Tally tally;
  for (unsigned round = 0; round < rounds; ++round) {
    if (random() % 30 == 0) {
      const edge::PurgeSpec purge{edge::PurgeSpec::Kind::Url, "http://www.example.org/a",
                                  random() % 2 == 0};
      REQUIRE(edge::carry_out(purge, routes.get(), lab.shared));
    }
    std::vector<std::shared_ptr<Client>> clients;
    for (unsigned i = 0; i < 1 + random() % 6; ++i) {
      FieldList fields;
      if (random() % 8 != 0) {
        fields.push_back({"Range", random_range(random, history.now().body.size() + 50)});
      }
      if (random() % 8 == 0) fields.push_back({"If-Range", history.now().etag});
      if (random() % 20 == 0) fields.push_back({"If-None-Match", history.now().etag});
      clients.push_back(lab.bench.get("/a", std::move(fields)));
      if (random() % 4 == 0) clients.back()->capacity = 1 + random() % 3000;
    }
    const bool impatient = random() % 5 == 0;
    for (int turn = 0; turn < 40; ++turn) {
      lab.bench.settle();
      if (impatient && turn == 1) clients.front()->leave();
      bool busy = false;
      for (const auto& client : clients) {
        client->drain();
        busy = busy || (!client->done() && !client->failed());
      }
      if (!busy) break;
    }
    for (const auto& client : clients) {
      if (!client->begun()) continue;
      const bool left = impatient && client == clients.front();
      if (!left && !client->failed()) {
        REQUIRE(client->done());
        ++tally.complete;
        if (client->has("; hit;")) ++tally.hits;
      }
      if (client->failed()) ++tally.failed;
      if (!left && !is_right(*client, history)) {
        ++tally.wrong;
        MESSAGE(client->head(), " ", client->body().size());
      }
    }
    const auto store = lab.shared.store.statistics();
    REQUIRE(store.bytes == store.object_bytes + store.index_bytes);
  }
  for (int i = 0; i < 50 && lab.bench.fetches->size() != 0; ++i) lab.bench.settle();
  CHECK(lab.bench.fetches->size() == 0);
  CHECK(lab.shared.flights.size() == 0);
  CHECK(lab.shared.budget.used() == 0);
  return tally;
}

TEST_CASE("parts: random ranges of a changing object give right bytes or a visible failure") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const Tally tally = run(seed, 150);
    CHECK(tally.wrong == 0);
    CHECK(tally.complete > 300);
    CHECK(tally.failed < tally.complete / 5);
    CHECK(tally.hits > 30);
  }
}

}  // namespace
}  // namespace atl::test
