#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/fetch/fetch.h"
#include "edge/frontend/frontend.h"
#include "edge/routing/route_table.h"
#include "edge/shared.h"
#include "lib/net/loop.h"
#include "lib/server/exchange.h"
#include "tests/support/fake_origin.h"

namespace atl::test {

using FieldList = std::vector<std::pair<std::string, std::string>>;

struct RequestSpec {
  std::string path = "/";
  std::string method = "GET";
  FieldList fields = {};
  std::string host = "www.example.org";
  std::optional<uint64_t> body_length = 0;  // nullopt: chunked
  std::string address = "192.0.2.7";        // of the client
};

// A client's exchange with the edge, one level above bytes: it is the Responder.
class Client final : public server::Responder {
 public:
  Client(edge::Frontend& frontend, RequestSpec spec);
  ~Client() override;

  // Hands the request to the edge.
  void send();
  // The request body, if the edge wants it.
  void send_body(std::string_view bytes);
  void end_body();
  // The connection breaks.
  void leave();
  // Takes what waits, if it was full.
  void drain();

  // A slow client: full when so many bytes wait; drain() empties it. 0: never full.
  size_t capacity = 0;

  uint16_t status() const;
  bool begun() const { return !head_.empty(); }
  bool done() const { return ended_ && !failed_; }
  bool failed() const { return failed_; }
  const std::string& head() const { return head_; }
  bool has(std::string_view line) const { return head_.find(line) != std::string::npos; }
  const std::string& body() const { return body_; }
  uint64_t received() const { return received_; }
  const std::vector<std::string>& informational() const { return informational_; }
  const server::Framing& framing() const { return framing_; }
  const std::string& trailers() const { return trailers_; }
  bool wants_body() const { return wants_body_; }
  bool full() const { return full_; }
  // False: only counts the body.
  bool keep_body = true;
  // Called when the exchange has ended, whichever way.
  std::function<void()> on_end;

  void inform(std::string_view lines) override;
  void respond(std::span<const std::string_view> head, std::span<const std::string_view> body,
               server::Framing framing, Holder holder) override;
  void begin(std::span<const std::string_view> head, server::Framing framing) override;
  bool write(std::string_view piece, Holder holder) override;
  void finish(std::string_view trailers) override;
  void fail() override;
  void read_body() override { wants_body_ = true; }
  void pause_body() override { wants_body_ = false; }
  std::string_view client_address() const override { return spec_.address; }

 private:
  void take(std::string_view piece);

  edge::Frontend& frontend_;
  RequestSpec spec_;
  std::vector<http::Field> fields_;
  http::RequestHead request_;
  std::unique_ptr<server::Handler> handler_;
  std::string head_;
  std::string body_;
  std::string trailers_;
  uint64_t received_ = 0;
  server::Framing framing_;
  std::vector<std::string> informational_;
  std::vector<Holder> holders_;
  size_t waiting_ = 0;
  bool full_ = false;
  bool ended_ = false;
  bool failed_ = false;
  bool wants_body_ = false;
};

// A worker without a server: its loop, fetches and frontend.
struct Bench {
  Bench(edge::Shared& shared, FakeOrigin& origin);
  ~Bench();

  std::shared_ptr<Client> request(RequestSpec spec);
  std::shared_ptr<Client> get(std::string path, FieldList fields = {}) {
    return request({.path = std::move(path), .fields = std::move(fields)});
  }
  // Runs turns of the loop until nothing more comes of it.
  void settle();
  // Sends and settles.
  std::shared_ptr<Client> ask_for(RequestSpec spec);
  std::shared_ptr<Client> ask(std::string path, FieldList fields = {}) {
    return ask_for(RequestSpec{.path = std::move(path), .fields = std::move(fields)});
  }

  net::Loop loop;
  edge::Counters counters;
  std::unique_ptr<rpc::ExchangeClient> client;
  std::unique_ptr<edge::FetchSet> fetches;
  std::unique_ptr<edge::Frontend> frontend;
};

// Runs several benches in turn until nothing more comes of it.
void settle(std::initializer_list<Bench*> benches);

// One node's shared parts and its first worker, with one distribution for every host: "/private/*"
// does not cache, "/read/*" allows GET and HEAD, everything else caches; two origins in one group.
struct Lab {
  explicit Lab(uint64_t max_object = 1 << 20, uint64_t retained = 64 << 20,
               uint64_t part_block = 1 << 20);

  static edge::Config config(uint64_t max_object, uint64_t retained, uint64_t part_block = 1 << 20);
  static std::shared_ptr<const edge::RouteTable> routes();

  SystemClock clock;
  FakeOrigin origin;
  edge::Shared shared;
  Bench bench;
};

}  // namespace atl::test
