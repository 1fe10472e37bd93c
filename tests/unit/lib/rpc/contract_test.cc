#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <string>

#include "proto/origin.grpc.pb.h"
#include "tests/unit/lib/rpc/exchange_world.h"

// The server against peers that are not our client: what is allowed, and what only an attacker or a
// broken edge would send. Blocking stubs on the test's thread.

namespace atl::rpc::test {
namespace {

using Exchange = grpc::ClientReaderWriter<v1::ExchangeRequest, v1::ExchangeResponse>;
using Multiplex = grpc::ClientReaderWriter<v1::MultiplexRequest, v1::MultiplexResponse>;

struct Peer {
  explicit Peer(ServerOptions options = {}) : world(std::move(options)) {
    stub = v1::Origin::NewStub(
        grpc::CreateChannel(world.endpoint(), grpc::InsecureChannelCredentials()));
    world.script = [](Scripted& s) { answer(*s.responder, 200, "ok"); };
  }

  // Waits on the loop for what a handler was told.
  bool cancelled(size_t index) {
    return world.run_until([&] {
      const auto handlers = world.handlers();
      return handlers.size() > index && world.locked([&] { return handlers[index]->cancelled; });
    });
  }

  World world;
  std::unique_ptr<v1::Origin::Stub> stub;
};

v1::RequestHead good_head() {
  v1::RequestHead head;
  head.set_source("s");
  head.set_method("GET");
  head.set_authority("a");
  head.set_target("/");
  head.set_body_length(0);
  return head;
}

// Parts until the last one.
std::vector<v1::ResponsePart> read_all(Exchange& stream) {
  std::vector<v1::ResponsePart> parts;
  v1::ExchangeResponse message;
  while (stream.Read(&message)) parts.push_back(message.part());
  return parts;
}

v1::Failure::Reason failure_of(const std::vector<v1::ResponsePart>& parts) {
  return parts.empty() ? v1::Failure::REASON_UNSPECIFIED : parts.back().failure().reason();
}

// One exchange on Multiplex, which is closed after it.
v1::MultiplexResponse::Answer ask(Peer& peer, const v1::MultiplexRequest& request) {
  grpc::ClientContext context;
  const auto stream = peer.stub->Multiplex(&context);
  stream->Write(request);
  v1::MultiplexResponse message;
  REQUIRE(stream->Read(&message));
  CHECK(message.has_limits());
  REQUIRE(stream->Read(&message));
  REQUIRE(message.answer_size() == 1);
  v1::MultiplexResponse::Answer answer = message.answer(0);
  context.TryCancel();
  return answer;
}

TEST_CASE("contract: the limits come first, and say what holds") {
  ServerOptions options;
  options.open_per_stream = 7;
  Peer peer(options);
  grpc::ClientContext context;
  const auto stream = peer.stub->Multiplex(&context);
  v1::MultiplexResponse message;
  REQUIRE(stream->Read(&message));
  CHECK(message.limits().open() == 7);
  CHECK(message.limits().body() == 65536);
  CHECK(message.limits().resume_ms() == 10000);
  CHECK(!message.limits().instance().empty());
  CHECK(message.answer().empty());
  stream->WritesDone();  // an edge that leaves in order
  CHECK(!stream->Read(&message));
  CHECK(stream->Finish().ok());
}

TEST_CASE("contract: a small answer is one part of one message") {
  Peer peer;
  v1::MultiplexRequest request;
  request.add_open()->set_id(5);
  *request.mutable_open(0)->mutable_head() = good_head();
  const v1::MultiplexResponse::Answer got = ask(peer, request);
  CHECK(got.id() == 5);
  CHECK(got.part().head().status() == 200);
  CHECK(got.part().body() == "ok");
  CHECK(got.part().has_end());
  CHECK(got.resume().empty());
}

TEST_CASE("contract: what an edge may not open") {
  Peer peer;
  struct Row {
    const char* what;
    std::function<void(v1::MultiplexRequest::Open&)> spoil;
  };
  for (const Row& row : {
           Row{"id 0", [](auto& open) { open.set_id(0); }},
           Row{"a method that is none", [](auto& o) { o.mutable_head()->set_method("G T"); }},
           Row{"no method", [](auto& o) { o.mutable_head()->set_method(""); }},
           Row{"a target with a space", [](auto& o) { o.mutable_head()->set_target("/ x"); }},
           Row{"no target", [](auto& o) { o.mutable_head()->set_target(""); }},
           Row{"a smuggled line", [](auto& o) { o.mutable_head()->set_fields("A: b\n\nGET /"); }},
           Row{"an authority with a CR", [](auto& o) { o.mutable_head()->set_authority("a\r"); }},
           Row{"a scheme", [](auto& o) { o.mutable_head()->set_scheme("file"); }},
           Row{"a longer body", [](auto& o) { o.set_body("x"); }},
           Row{"a body too large",
               [](auto& o) {
                 o.set_body(std::string(65537, 'x'));
                 o.mutable_head()->set_body_length(65537);
               }},
       }) {
    CAPTURE(row.what);
    v1::MultiplexRequest request;
    v1::MultiplexRequest::Open& open = *request.add_open();
    open.set_id(1);
    *open.mutable_head() = good_head();
    row.spoil(open);
    CHECK(ask(peer, request).part().failure().reason() == v1::Failure::BAD_REQUEST);
  }
  CHECK(peer.world.handlers().empty());
}

TEST_CASE("contract: an id in use is refused, an unknown one cancelled without effect") {
  Peer peer;
  peer.world.script = nullptr;
  grpc::ClientContext context;
  const auto stream = peer.stub->Multiplex(&context);
  v1::MultiplexRequest request;
  request.add_cancel(77);
  for (int i = 0; i < 2; ++i) {
    request.add_open()->set_id(1);
    *request.mutable_open(i)->mutable_head() = good_head();
  }
  stream->Write(request);
  v1::MultiplexResponse message;
  REQUIRE(stream->Read(&message));
  REQUIRE(stream->Read(&message));
  REQUIRE(message.answer_size() == 1);
  CHECK(message.answer(0).part().failure().reason() == v1::Failure::OVERLOADED);
  answer(*peer.world.handlers()[0]->responder, 200, "the first one");
  REQUIRE(stream->Read(&message));
  CHECK(message.answer(0).part().body() == "the first one");
  context.TryCancel();
}

TEST_CASE("contract: a stream that dies cancels what was open on it") {
  Peer peer;
  peer.world.script = nullptr;
  grpc::ClientContext context;
  const auto stream = peer.stub->Multiplex(&context);
  v1::MultiplexRequest request;
  request.add_open()->set_id(1);
  *request.mutable_open(0)->mutable_head() = good_head();
  stream->Write(request);
  REQUIRE(peer.world.run_until([&] { return peer.world.handlers().size() == 1; }));
  context.TryCancel();
  CHECK(peer.cancelled(0));
}

TEST_CASE("contract: a message beyond the limit ends that stream and no other") {
  Peer peer;
  grpc::ClientContext context;
  const auto stream = peer.stub->Multiplex(&context);
  v1::MultiplexRequest request;
  request.add_open()->set_body(std::string(2 << 20, 'x'));
  stream->Write(request);
  v1::MultiplexResponse message;
  while (stream->Read(&message)) CHECK(message.answer().empty());
  CHECK(!stream->Finish().ok());
  v1::MultiplexRequest good;
  good.add_open()->set_id(1);
  *good.mutable_open(0)->mutable_head() = good_head();
  CHECK(ask(peer, good).part().body() == "ok");
}

TEST_CASE("contract: a ticket is good once, and for a time") {
  ServerOptions options;
  options.ticket_life = std::chrono::milliseconds(1500);
  Peer peer(options);
  peer.world.script = [](Scripted& s) {
    OriginResponse response;
    response.body_length = 100'000;
    s.at_writable = [&s] {
      s.responder->write(std::string(100'000, 'b'));
      s.responder->end("");
    };
    if (s.responder->head(std::move(response))) s.at_writable();
  };
  v1::MultiplexRequest request;
  request.add_open()->set_id(9);
  *request.mutable_open(0)->mutable_head() = good_head();
  // ask() closes its stream: what waits behind a ticket outlives that.
  const v1::MultiplexResponse::Answer handed = ask(peer, request);
  REQUIRE(handed.resume().size() == 16);
  CHECK(handed.part().head().body_length() == 100'000);
  CHECK(handed.part().body().empty());
  v1::ExchangeRequest resume;
  resume.set_resume(handed.resume());
  for (const bool first : {true, false}) {
    grpc::ClientContext context;
    const auto stream = peer.stub->Exchange(&context);
    stream->WriteLast(resume, {});
    const auto parts = read_all(*stream);
    CHECK(stream->Finish().ok());
    if (first) {
      size_t bytes = 0;
      for (const v1::ResponsePart& part : parts) bytes += part.body().size();
      CHECK(bytes == 100'000);
      CHECK(parts.back().has_end());
    } else {
      CHECK(failure_of(parts) == v1::Failure::RESUME_UNKNOWN);
    }
  }
  const v1::MultiplexResponse::Answer late = ask(peer, request);
  CHECK(peer.cancelled(1));  // its time is over
  resume.set_resume(late.resume());
  grpc::ClientContext context;
  const auto stream = peer.stub->Exchange(&context);
  stream->WriteLast(resume, {});
  CHECK(failure_of(read_all(*stream)) == v1::Failure::RESUME_UNKNOWN);
}

TEST_CASE("contract: tickets are bounded") {
  ServerOptions options;
  options.tickets = 1;
  Peer peer(options);
  peer.world.script = [](Scripted& s) {
    OriginResponse response;
    response.body_length = 100'000;
    s.responder->head(std::move(response));
  };
  v1::MultiplexRequest request;
  request.add_open()->set_id(1);
  *request.mutable_open(0)->mutable_head() = good_head();
  CHECK(!ask(peer, request).resume().empty());
  CHECK(ask(peer, request).part().failure().reason() == v1::Failure::OVERLOADED);
  CHECK(peer.cancelled(1));
}

TEST_CASE("contract: request bodies that break their promise never look complete") {
  Peer peer;
  struct Row {
    const char* what;
    std::optional<uint64_t> announced;
    std::function<void(Exchange&)> send;
  };
  const auto body = [](size_t size) {
    v1::ExchangeRequest message;
    message.set_body(std::string(size, 'x'));
    return message;
  };
  const auto trailers = [](std::string text) {
    v1::ExchangeRequest message;
    message.set_trailers(std::move(text));
    return message;
  };
  for (const Row& row : {
           Row{"half-close without an end", std::nullopt, [&](Exchange& s) { s.Write(body(5)); }},
           Row{"shorter than announced", 10,
               [&](Exchange& s) { s.Write(body(5)), s.Write(trailers("")); }},
           Row{"longer than announced", 10, [&](Exchange& s) { s.Write(body(11)); }},
           Row{"an empty piece", 10, [&](Exchange& s) { s.Write(body(0)); }},
           Row{"a piece too large", std::nullopt, [&](Exchange& s) { s.Write(body(262145)); }},
           Row{"malformed trailers", std::nullopt, [&](Exchange& s) { s.Write(trailers("x")); }},
           Row{"a second head", std::nullopt,
               [&](Exchange& s) {
                 v1::ExchangeRequest again;
                 *again.mutable_head() = good_head();
                 s.Write(again);
               }},
       }) {
    CAPTURE(row.what);
    const size_t index = peer.world.handlers().size();
    peer.world.script = [](Scripted& s) {
      s.read_on = true;
      s.responder->read_body();
    };
    grpc::ClientContext context;
    const auto stream = peer.stub->Exchange(&context);
    v1::ExchangeRequest first;
    *first.mutable_head() = good_head();
    first.mutable_head()->clear_body_length();
    if (row.announced) first.mutable_head()->set_body_length(*row.announced);
    stream->Write(first);
    row.send(*stream);
    stream->WritesDone();
    CHECK(failure_of(read_all(*stream)) == v1::Failure::BAD_REQUEST);
    CHECK(peer.cancelled(index));
    CHECK(!peer.world.handlers()[index]->body_end);
  }
}

TEST_CASE("contract: streams that begin wrongly") {
  Peer peer;
  v1::ExchangeRequest body, no_ticket, bad_head;
  body.set_body("x");
  no_ticket.set_resume("0123456789abcdef");
  *bad_head.mutable_head() = good_head();
  bad_head.mutable_head()->set_target("x");
  for (const auto& [message, reason] :
       {std::pair(v1::ExchangeRequest(), v1::Failure::BAD_REQUEST),
        std::pair(body, v1::Failure::BAD_REQUEST), std::pair(bad_head, v1::Failure::BAD_REQUEST),
        std::pair(no_ticket, v1::Failure::RESUME_UNKNOWN)}) {
    grpc::ClientContext context;
    const auto stream = peer.stub->Exchange(&context);
    stream->Write(message);
    CHECK(failure_of(read_all(*stream)) == reason);
    CHECK(stream->Finish().ok());
  }
  grpc::ClientContext context;
  const auto stream = peer.stub->Exchange(&context);
  stream->WritesDone();
  CHECK(read_all(*stream).empty());
  CHECK(stream->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("contract: Describe names the sources") {
  Peer peer;
  grpc::ClientContext context;
  v1::DescribeResponse response;
  REQUIRE(peer.stub->Describe(&context, {}, &response).ok());
  REQUIRE(response.source_size() == 1);
  CHECK(response.source(0).name() == "s");
  CHECK(response.source(0).ready());
  CHECK(response.version() == "0.1.0");
}

TEST_CASE("contract: a port that is taken is an error with a sentence") {
  Peer peer;
  ServerOptions options;
  options.listen = peer.world.endpoint();
  const auto second = ExchangeServer::start(options, peer.world);
  REQUIRE(!second);
  CHECK(second.error().find(peer.world.endpoint()) != std::string::npos);
}

}  // namespace
}  // namespace atl::rpc::test
