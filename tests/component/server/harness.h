#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/server/application.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"

namespace atl::server::testing {

using atl::testing::MemoryPeer;

// Serves a few paths, and writes down what it hears.
//   /hello            200, "hello", at once
//   /ignore           the same without reading the request body
//   /echo             reads the body, answers with it and its trailers
//   /later            answers "later" when answer_later() is called
//   /chunks           three pieces of unknown length and a trailer
//   /sized            three pieces of known length
//   /large?n          n bytes of unknown length, as the connection takes them
//   /fail             a head and a piece, then fail()
//   /fail-unanswered  fail() and nothing else
//   /held?n           a head announcing 5 bytes (n: 5) or of unknown length, "hello", and no end
//                     until finish_held() or fail_held()
//   /hints            103, then 200
//   /empty /same      204, 304
//   others            404
class FakeApplication final : public Application {
 public:
  std::unique_ptr<Handler> on_request(const http::RequestHead& head, Responder& responder) override;
  void on_refused(uint16_t status, const char* reason) override;

  void answer_later();
  void finish_held();
  void fail_held();

  std::vector<std::string> requests;  // "GET /hello"
  std::vector<uint16_t> refused;
  std::vector<Abort> aborted;
  std::string body;          // what handlers got
  size_t held_body = 0;      // /echo pauses after so many bytes until resume_body(); 0: never
  size_t largest_burst = 0;  // of /large: bytes written before the connection said stop
  int handlers = 0;          // alive
  void resume_body();

  // ---- For its handlers ----
  std::vector<Responder*> waiting;
  std::vector<Responder*> held;
  Responder* paused = nullptr;
};

// A ConnectionSet with a manual clock and streams in memory; turns end when the test says so.
class ServerHarness {
 public:
  explicit ServerHarness(const Limits& limits = {});
  ~ServerHarness();

  MemoryPeer& connect();
  // Sends and lets everything happen that follows.
  void send(MemoryPeer& peer, std::string_view bytes);
  // Ends turns until nothing is left to do.
  void settle();
  // Lets time pass, sweeping as a server does.
  void advance(std::chrono::milliseconds time);

  ManualClock clock;
  FakeApplication app;

 private:
  bool turn_end_ = false;
  bool next_turn_ = false;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;

 public:
  ConnectionSet set;
};

// What a conversation leaves to see.
struct Outcome {
  std::string received;
  bool fin = false;
  bool reset = false;
  std::vector<std::string> requests;
  std::vector<uint16_t> refused;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

// Sends `pieces` one after the other on a connection of a fresh server.
Outcome converse(const std::vector<std::string_view>& pieces, const Limits& limits = {});

// The statuses of the responses in `bytes`, none of which may have a body that looks like one.
std::vector<int> statuses(std::string_view bytes);

}  // namespace atl::server::testing
