// The agent of an edge and the fleet of the control plane, over real gRPC.

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "edge/agent/snapshot_file.h"
#include "lib/base/durable_file.h"
#include "proto/control.grpc.pb.h"
#include "tests/component/control-plane/harness.h"

namespace atl::testing {
namespace {

using namespace std::chrono_literals;

struct World {
  ScratchDirectory scratch;
  SystemClock clock;
  net::Loop loop;
  FakeNode node{loop};
  std::unique_ptr<ControlPlane> control;
  std::unique_ptr<edge::Agent> agent;
  uint16_t port = 0;

  World() {
    start_control();
    port = control->server->port();
  }
  ~World() {
    agent.reset();
    control.reset();
  }

  void start_control(std::chrono::milliseconds lease = 2s) {
    control = std::make_unique<ControlPlane>(loop, clock, scratch.path(), lease, port);
    REQUIRE(control->server != nullptr);
  }
  std::unique_ptr<edge::Agent> make_agent(edge::Node& of, const char* pop) {
    edge::AgentOptions options;
    options.pop = pop;
    options.control = "127.0.0.1:" + std::to_string(port);
    options.state_dir = scratch.file("edge");
    options.http_endpoints = {"127.0.0.1:8080"};
    auto made = std::make_unique<edge::Agent>(loop, of, options);
    made->start();
    return made;
  }
  void start_agent() { agent = make_agent(node, "fra"); }
  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
};

TEST_CASE("fleet over gRPC: a node joins, takes the snapshot, acknowledges it and is active") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  CHECK(world.until([&] {
    return world.control->active("fra") && world.control->node("fra")->snapshot_version == 1 &&
           world.control->node("fra")->statistics.has_value();
  }));
  CHECK(world.node.versions == std::vector<uint64_t>{1});
  CHECK(world.agent->connected());
  const control::NodeRecord& record = *world.control->node("fra");
  CHECK(record.hello.endpoints == std::vector<std::string>{"127.0.0.1:8080"});
  CHECK(record.health.origins.at(0).origin == "www");
  CHECK(record.health.origins.at(0).detail == "refused");
  CHECK((*record.statistics)[control::Counter::Hits] >= 10);
  CHECK(record.statistics->ttfb_hit.buckets.size() == 41);  // without the zeros at the end

  world.control->publish(content("b"));
  CHECK(world.until([&] { return world.control->node("fra")->snapshot_version == 2; }));
  CHECK(world.node.versions == std::vector<uint64_t>{1, 2});
}

TEST_CASE("fleet over gRPC: a snapshot that cannot be put in force is refused with every reason") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  control::Content bad = content("b");
  bad.origin_groups[0].origins = {"nobody"};
  bad.distributions[0].behaviours[0].path = "/only";
  world.control->publish(bad);
  CHECK(world.until([&] { return !world.control->node("fra")->snapshot_refused.empty(); }));
  const std::string& why = world.control->node("fra")->snapshot_refused;
  CAPTURE(why);
  CHECK(why.find("nobody") != std::string::npos);
  CHECK(why.find("; ") != std::string::npos);
  CHECK(world.node.versions == std::vector<uint64_t>{1});
  std::string warning;
  const auto stored = edge::load_snapshot(world.scratch.file("edge/snapshot"), warning);
  REQUIRE(stored);
  CHECK(stored->version == 1);
  world.control->publish(content("c"));
  CHECK(world.until([&] { return world.control->node("fra")->snapshot_version == 3; }));
  CHECK(world.control->node("fra")->snapshot_refused.empty());
}

TEST_CASE(
    "fleet over gRPC: a new control plane is joined, and what it has already is not put in force "
    "again") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  world.control.reset();
  CHECK(world.until([&] { return !world.agent->connected(); }));
  world.start_control();
  world.control->publish(content("a"));
  CHECK(world.until([&] {
    return world.control->active("fra") && world.control->node("fra")->snapshot_version == 1;
  }));
  CHECK(world.node.versions == std::vector<uint64_t>{1});
}

TEST_CASE("fleet over gRPC: a node that ends is down at once, long before its lease runs out") {
  World world;
  world.control.reset();
  world.start_control(60s);
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  world.agent.reset();
  CHECK(world.until([&] { return !world.control->active("fra"); }));
}

TEST_CASE("fleet over gRPC: the node's word that it no longer serves arrives without a heartbeat") {
  World world;
  world.control.reset();
  world.start_control(60s);  // a heartbeat every 15 s
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  world.node.serving = false;
  world.agent->report_health();
  CHECK(world.until(
      [&] { return world.control->fleet.pop_state("fra") == control::PopState::NotServing; }));
  CHECK(world.control->node("fra")->health.detail == "ill");
}

TEST_CASE("fleet over gRPC: a node drains when it is told to, says when it has, and serves again") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  control::Fleet* fleet = &world.control->fleet;
  const auto state = [&] { return fleet->pop_state("fra"); };
  REQUIRE(world.until([&] { return state() == control::PopState::Active; }));
  control::Order order;
  order.wish = control::Wish::Drain;
  REQUIRE(fleet->order("fra", order));
  REQUIRE(world.until([&] { return world.node.draining; }));
  CHECK(state() == control::PopState::Draining);
  world.node.drained();
  CHECK(world.until([&] { return state() == control::PopState::AdminDown; }));

  // A control plane that starts anew is told again.
  world.control.reset();
  world.node.drained = nullptr;
  world.start_control();
  fleet = &world.control->fleet;
  REQUIRE(world.until([&] { return world.node.drained != nullptr; }));
  CHECK(state() == control::PopState::Draining);
  world.node.drained();
  CHECK(world.until([&] { return state() == control::PopState::AdminDown; }));

  REQUIRE(fleet->order("fra", {}));
  CHECK(world.until([&] { return !world.node.draining; }));
}

TEST_CASE(
    "fleet over gRPC: nodes look at one another as they are asked to, and say what they see") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  FakeNode other(world.loop);
  const auto another = world.make_agent(other, "syd");
  control::Fleet& fleet = world.control->fleet;
  control::Fleet::Watching watching;
  watching.endpoints = {{"fra", {"127.0.0.1:8080"}}, {"syd", {"127.0.0.1:8080"}}};
  fleet.set_watching(watching);
  const auto seen = [&](const char* pop, const control::NodeName& by) {
    fleet.tick();
    const control::NodeRecord* node = world.control->node(pop);
    return node != nullptr && node->seen_by.contains(by) && !node->seen_by.at(by).reachable;
  };
  CHECK(world.until([&] { return seen("fra", {"syd", "0"}) && seen("syd", {"fra", "0"}); }));
  CHECK_FALSE(world.control->node("fra")->seen_by.at({"syd", "0"}).detail.empty());
  CHECK(world.control->active("fra"));  // it is heard of, and one observer is not enough
  fleet.set_watching({});
  fleet.tick();
  CHECK(world.until([&] { return world.control->node("fra")->looks_at.empty(); }));
}

TEST_CASE("agent: what is ending by itself does not serve again because it is told to") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  control::Fleet& fleet = world.control->fleet;
  REQUIRE(world.until([&] { return fleet.pop_state("fra") == control::PopState::Active; }));
  control::Order order;
  order.wish = control::Wish::Drain;
  REQUIRE(fleet.order("fra", order));
  REQUIRE(world.until([&] { return world.node.draining; }));
  world.agent->end_of_orders();
  REQUIRE(fleet.order("fra", {}));
  REQUIRE(fleet.purge({control::PurgeRequest::Kind::Tag, "after", false}));
  REQUIRE(world.until([&] { return world.node.purges.size() == 1; }));
  CHECK(world.node.draining);
}

TEST_CASE("agent: starts from the stored snapshot alone") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] {
    return world.control->node("fra") != nullptr &&
           world.control->node("fra")->snapshot_version == 1;
  }));
  world.agent.reset();
  world.control.reset();
  FakeNode alone(world.loop);
  const auto agent = world.make_agent(alone, "fra");
  CHECK(alone.versions == std::vector<uint64_t>{1});
  CHECK_FALSE(agent->connected());
}

TEST_CASE("agent: a stored snapshot that is cut off anywhere is not used") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] {
    return world.control->node("fra") != nullptr &&
           world.control->node("fra")->snapshot_version == 1;
  }));
  world.agent.reset();
  world.control.reset();
  const std::string good = world.scratch.read("edge/snapshot");
  REQUIRE(good.size() > 40);
  for (size_t length = 0; length <= good.size(); ++length) {
    CAPTURE(length);
    world.scratch.write("edge/snapshot", good.substr(0, length));
    FakeNode alone(world.loop);
    edge::AgentOptions options;
    options.pop = "fra";
    options.state_dir = world.scratch.file("edge");
    edge::Agent agent(world.loop, alone, options);
    agent.start();
    CHECK(alone.versions.size() == (length == good.size() ? 1 : 0));
  }
}

TEST_CASE("agent: a stored snapshot with a good check sum but no sense is not used") {
  World world;
  world.control.reset();
  for (const std::string& bytes :
       {std::string("\xff\xff\xff"), std::string(), std::string("\x08\x05")}) {
    REQUIRE(make_directory(world.scratch.file("edge")));
    REQUIRE(edge::save_snapshot(world.scratch.file("edge/snapshot"), {5, bytes}));
    FakeNode alone(world.loop);
    edge::AgentOptions options;
    options.state_dir = world.scratch.file("edge");
    edge::Agent agent(world.loop, alone, options);
    agent.start();
    CHECK(alone.versions.size() == (bytes == "\x08\x05" ? 1 : 0));  // an empty configuration is one
  }
}

TEST_CASE("purges over gRPC: carried out, acknowledged, and caught up with after an absence") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  using Kind = control::PurgeRequest::Kind;
  REQUIRE(world.control->fleet.purge({Kind::Host, "a.example", false}));
  const auto acknowledged = [&](uint64_t number) {
    const auto* progress = world.control->fleet.purge_progress(number);
    return progress != nullptr && progress->nodes.at({"fra", "0"}).has_value();
  };
  CHECK(world.until([&] { return acknowledged(1); }));
  CHECK(world.control->fleet.purge_progress(1)->nodes.at({"fra", "0"})->objects == 3);
  CHECK(world.node.purges == std::vector<std::string>{"a.example"});

  world.agent.reset();
  REQUIRE(world.until([&] { return !world.control->active("fra"); }));
  REQUIRE(world.control->fleet.purge({Kind::Tag, "t", false}));
  world.start_agent();  // a new process: it is told all there is
  CHECK(world.until([&] { return acknowledged(2); }));
  CHECK(world.node.purges == std::vector<std::string>{"a.example", "a.example", "t"});
}

TEST_CASE("purges over gRPC: what was not finished before the stream broke is asked for again") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  using Kind = control::PurgeRequest::Kind;
  world.node.hold_purges = true;
  REQUIRE(world.control->fleet.purge({Kind::Tag, "one", false}));
  REQUIRE(world.control->fleet.purge({Kind::Tag, "two", false}));
  REQUIRE(world.until([&] { return world.node.held.size() == 2; }));
  world.node.held[1](edge::PurgeOutcome{1, {}});  // the second is done, the first is not
  world.control.reset();
  REQUIRE(world.until([&] { return !world.agent->connected(); }));
  world.node.hold_purges = false;
  world.start_control();
  CHECK(world.until([&] {
    return world.control->node("fra") != nullptr && world.control->node("fra")->last_purge == 2;
  }));
  CHECK(world.node.purges == std::vector<std::string>{"one", "two", "one", "two"});
}

TEST_CASE("agent: an unknown PoP is refused, and joins once it is configured") {
  World world;
  world.control->publish(content("a"));
  const auto stranger = world.make_agent(world.node, "lhr");
  CHECK_FALSE(stranger->connected());
  net::Timer configure(world.loop, [&] { world.control->fleet.set_pops({"fra", "lhr"}); });
  configure.start(100ms);
  CHECK(world.until([&] { return world.control->active("lhr"); }));
}

// A peer that speaks gRPC but breaks the contract: what it says must end its stream and nothing
// else.
struct Rogue {
  grpc::ClientContext context;
  std::unique_ptr<v1::Fleet::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<v1::NodeMessage, v1::ControlMessage>> stream;

  explicit Rogue(uint16_t port)
      : stub(v1::Fleet::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                    grpc::InsecureChannelCredentials()))) {
    context.set_deadline(std::chrono::system_clock::now() + 10s);
    stream = stub->Join(&context);
  }
};

v1::NodeMessage hello_of(const char* pop, const char* node) {
  v1::NodeMessage message;
  message.mutable_hello()->set_pop(pop);
  message.mutable_hello()->set_node(node);
  message.mutable_hello()->set_instance("rogue");
  return message;
}

TEST_CASE("fleet over gRPC: peers that break the contract are cut off") {
  World world;
  world.control->publish(content("a"));
  world.start_agent();
  REQUIRE(world.until([&] { return world.control->active("fra"); }));
  struct Row {
    const char* what;
    std::vector<v1::NodeMessage> says;
    const char* refused;  // in a welcome; null: none comes
  };
  v1::NodeMessage health;
  health.mutable_health()->set_serving(true);
  v1::NodeMessage huge = hello_of("syd", "1");
  huge.mutable_hello()->set_version(std::string(2 << 20, 'v'));
  for (const Row& row :
       {Row{"no hello", {health}, "the first message of a stream is a hello"},
        Row{"nothing", {v1::NodeMessage()}, "the first message of a stream is a hello"},
        Row{"a PoP that is not there",
            {hello_of("xxx", "0")},
            "there is no PoP \"xxx\" in the configuration"},
        Row{"a name that is taken",
            {hello_of("fra", "0")},
            "another process is node \"0\" of PoP \"fra\" and alive"},
        Row{"a name for a file",
            {hello_of("fra", "../../etc")},
            "a node's name is of letters, digits, '-', '_' and '.', at most 64 of them"},
        Row{"two hellos", {hello_of("syd", "1"), hello_of("syd", "1")}, ""},
        Row{"more than a megabyte", {huge}, nullptr}}) {
    CAPTURE(row.what);
    // The rogue blocks, so it has a thread of its own, and the loop runs here.
    bool over = false;
    std::string refused = "-";
    std::thread thread([&] {
      Rogue rogue(world.port);
      for (const v1::NodeMessage& message : row.says) rogue.stream->Write(message);
      v1::ControlMessage answer;
      while (rogue.stream->Read(&answer)) {
        if (answer.has_welcome()) refused = answer.welcome().refused();
      }
      rogue.stream->Finish();
      world.loop.post([&] { over = true; });
    });
    CHECK(world.until([&] { return over; }));
    thread.join();
    CHECK(refused == (row.refused == nullptr ? "-" : row.refused));
    CHECK(world.control->active("fra"));
  }
}

}  // namespace
}  // namespace atl::testing
