#include "edge/agent/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "edge/agent/fleet_stream.h"
#include "edge/agent/message.h"
#include "edge/agent/neighbours.h"
#include "edge/agent/snapshot_file.h"
#include "lib/base/durable_file.h"
#include "lib/base/log.h"

namespace atl::edge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLongestBackoff{1'000};
constexpr milliseconds kWelcomeLimit{5'000};  // from dialling to the welcome
constexpr milliseconds kStatisticsInterval{1'000};
constexpr milliseconds kShortestHeartbeat{50};
constexpr milliseconds kLongestHeartbeat{60'000};
constexpr size_t kMostUnsent = 64;        // messages; more means that the connection hangs
constexpr size_t kLongestRefusal = 4096;  // bytes

std::string random_name() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

std::string snapshot_path(const AgentOptions& options) { return options.state_dir + "/snapshot"; }

std::string last_purge_path(const AgentOptions& options) {
  return options.state_dir + "/last-purge";
}

}  // namespace

// Drops what streams before the present one still have to say.
class Agent::Reader final : public FleetStreamReader {
 public:
  explicit Reader(Agent& agent) : agent_(agent) {}
  void on_message(uint64_t stream, v1::ControlMessage& message) override {
    if (stream == agent_.stream_id_ && agent_.stream_) agent_.on_message(message);
  }
  void on_closed(uint64_t stream, const std::string& why) override {
    if (stream == agent_.stream_id_ && agent_.stream_) agent_.on_closed(why);
  }

 private:
  Agent& agent_;
};

Agent::Agent(net::Loop& loop, Node& node, AgentOptions options)
    : loop_(loop),
      node_(node),
      options_(std::move(options)),
      instance_(options_.instance.empty() ? random_name() : options_.instance),
      reader_(std::make_unique<Reader>(*this)),
      gate_(std::make_shared<FleetGate>(loop, *reader_)),
      backoff_(kFirstBackoff),
      random_(std::random_device{}()),
      redial_(loop, [this] { dial(); }),
      welcome_limit_(loop,
                     [this] {
                       const std::shared_ptr<FleetStream> stream = stream_;
                       if (!stream) return;
                       stream->cancel();
                       on_closed("no welcome in time");
                     }),
      heartbeat_(loop, [this] { report_health(); }),
      statistics_(loop, [this] { report_statistics(); }),
      neighbours_(std::make_unique<Neighbours>(loop, [this] { report_health(); })),
      self_(std::make_shared<Agent*>(this)) {}

Agent::~Agent() {
  *self_ = nullptr;
  gate_->close();
  if (stream_) stream_->cancel();
  stream_.reset();
  gate_->wait_for_streams();
}

bool Agent::connected() const { return welcomed_; }

void Agent::start() {
  if (!options_.state_dir.empty()) start_from_disk();
  if (!options_.control.empty()) dial();
}

// Absent or unreadable: no purge is known, and the control plane sends all it has.
void Agent::recall_last_purge() {
  const auto stored = read_file(last_purge_path(options_), 32);
  if (!stored || !*stored) return;
  const std::string& text = **stored;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && std::string_view(end) == "\n") last_purge_ = number;
}

void Agent::remember_last_purge() {
  if (!options_.remember_purges || options_.state_dir.empty()) return;
  const auto saved = replace_file(last_purge_path(options_), fmt::format("{}\n", last_purge_));
  if (!saved) log_error("the number of the last purge is not stored: {}", saved.error());
}

void Agent::start_from_disk() {
  if (options_.remember_purges) recall_last_purge();
  node_.purged_before(last_purge_);
  if (const auto made = make_directory(options_.state_dir); !made) {
    log_error("{}: snapshots will not be stored", made.error());
  }
  std::string warning;
  const auto stored = load_snapshot(snapshot_path(options_), warning);
  if (!warning.empty()) log_error("stored snapshot: {}", warning);
  if (!stored) return;
  v1::Snapshot snapshot;
  std::string wrong = "it is not a snapshot";
  if (snapshot.ParseFromString(stored->bytes)) wrong = put_in_force(snapshot);
  if (wrong.empty()) {
    in_force_ = stored->bytes;
    log_info("started from the stored snapshot {}", stored->version);
  } else {
    log_error("stored snapshot {}: {}", snapshot_path(options_), wrong);
  }
}

void Agent::dial() {
  const auto credentials = options_.credentials ? options_.credentials() : nullptr;
  stream_ = FleetStream::start(options_.control, credentials.get(), ++stream_id_, gate_);
  welcomed_ = false;
  welcome_limit_.start(kWelcomeLimit);
  send_hello();
}

void Agent::step_aside(bool aside) {
  aside_ = aside;
  if (aside) {
    redial_.stop();
  } else if (!stream_ && !options_.control.empty()) {
    dial();
  }
}

void Agent::fall_silent() {
  heartbeat_.stop();
  statistics_.stop();
  neighbours_->forget();
}

// Half of the delay is chance, so that nodes do not come back in step.
void Agent::dial_later() {
  if (aside_) return;
  const auto half = backoff_ / 2;
  redial_.start(half + milliseconds(random_() % static_cast<unsigned>(half.count() + 1)));
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

void Agent::send_hello() {
  v1::NodeMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_pop(options_.pop);
  hello.set_node(options_.node);
  hello.set_instance(instance_);
  hello.set_version(options_.version);
  for (const std::string& endpoint : options_.http_endpoints) hello.add_http_endpoints(endpoint);
  hello.set_workers(options_.workers);
  hello.set_cache_capacity(options_.cache_capacity);
  hello.set_snapshot_version(node_.routes_version());
  hello.set_last_purge(last_purge_);
  hello.set_draining(told_to_drain_);
  send(std::move(message));
}

void Agent::on_message(v1::ControlMessage& message) {
  if (!welcomed_ && !message.has_welcome()) {
    const std::shared_ptr<FleetStream> stream = stream_;
    stream->cancel();
    return on_closed("the control plane began without a welcome");
  }
  switch (message.message_case()) {
    case v1::ControlMessage::kWelcome:
      return on_welcome(message.welcome());
    case v1::ControlMessage::kSnapshot:
      return on_snapshot(message.snapshot());
    case v1::ControlMessage::kPurge:
      return on_purge(message.purge());
    case v1::ControlMessage::kDrain:
      return on_drain(message.drain());
    case v1::ControlMessage::kObserve:
      return neighbours_->look_at(message.observe());
    case v1::ControlMessage::MESSAGE_NOT_SET:
      log_warn("the control plane sent a message that this version does not know");
  }
}

void Agent::on_closed(const std::string& why) {
  stream_.reset();
  neighbours_->forget();
  welcome_limit_.stop();
  heartbeat_.stop();
  statistics_.stop();
  if (aside_) {
    welcomed_ = false;
    log_info("left the control plane at {}: {}", options_.control, why);
  } else if (std::exchange(welcomed_, false)) {
    log_warn("lost the control plane at {}: {}; going on with snapshot {}", options_.control, why,
             node_.routes_version());
    last_trouble_.clear();
  } else if (why != last_trouble_) {  // once, not with every attempt
    log_warn("cannot join the control plane at {}: {}; trying on", options_.control, why);
    last_trouble_ = why;
  }
  dial_later();
}

void Agent::on_welcome(const v1::Welcome& welcome) {
  if (!welcome.refused().empty()) {
    const std::shared_ptr<FleetStream> stream = stream_;
    stream->cancel();
    return on_closed("refused: " + welcome.refused());
  }
  if (welcomed_) return;
  welcome_limit_.stop();
  welcomed_ = true;
  last_trouble_.clear();
  backoff_ = kFirstBackoff;
  log_info("joined the control plane at {}, instance {}", options_.control, welcome.instance());
  const auto interval = milliseconds(welcome.heartbeat_ms() == 0 ? 500 : welcome.heartbeat_ms());
  heartbeat_.start_periodic(std::clamp(interval, kShortestHeartbeat, kLongestHeartbeat));
  statistics_.start_periodic(kStatisticsInterval);
  report_health();
  report_statistics();
}

void Agent::on_snapshot(const v1::Snapshot& snapshot) {
  std::string bytes = snapshot.SerializeAsString();
  if (bytes == in_force_ && snapshot.version() == node_.routes_version()) {
    return acknowledge(snapshot.version(), {});
  }
  const std::string wrong = put_in_force(snapshot);
  if (!wrong.empty()) {
    log_error("snapshot {} is refused: {}", snapshot.version(), wrong);
    return acknowledge(snapshot.version(), wrong.substr(0, kLongestRefusal));
  }
  in_force_ = bytes;
  store(snapshot.version(), std::move(bytes));
  acknowledge(snapshot.version(), {});
  report_health();
}

std::string Agent::put_in_force(const v1::Snapshot& snapshot) {
  auto routes = RouteTable::build(from_proto(snapshot));
  if (!routes) return fmt::format("{}", fmt::join(routes.error(), "; "));
  node_.apply_routes(*std::move(routes));
  return {};
}

void Agent::store(uint64_t version, std::string bytes) {
  if (options_.state_dir.empty()) return;
  const auto saved = save_snapshot(snapshot_path(options_), {version, std::move(bytes)});
  if (!saved) log_error("snapshot {} is in force but not stored: {}", version, saved.error());
}

void Agent::acknowledge(uint64_t version, std::string refused) {
  v1::NodeMessage message;
  message.mutable_snapshot_ack()->set_version(version);
  message.mutable_snapshot_ack()->set_refused(std::move(refused));
  send(std::move(message));
}

// A purge is carried out whatever its number: a control plane that lost its log begins again at 1.
void Agent::on_purge(const v1::Purge& purge) {
  const uint64_t ticket = next_ticket_++;
  // Sent again after it failed: the new attempt counts.
  std::erase_if(purges_, [&](const PendingPurge& old) { return old.number == purge.number(); });
  purges_.push_back({ticket, purge.number()});
  auto spec = from_proto(purge);
  if (spec) spec->number = purge.number();
  if (!spec) {
    log_error("purge {} is not carried out: {}", purge.number(), spec.error());
    return purge_done(ticket);
  }
  node_.purge(*spec, [weak = std::weak_ptr(self_), ticket,
                      number = purge.number()](Result<PurgeOutcome> outcome) {
    const auto self = weak.lock();
    if (!self || *self == nullptr) return;
    Agent& agent = **self;
    if (!outcome) {  // not acknowledged, so that nobody believes it
      log_error("purge {} is not carried out: {}", number, outcome.error().detail);
      // One that makes no sense never will; one that the disk did not take is asked for again.
      if (outcome.error().code == Code::Invalid) agent.purge_done(ticket);
      return;
    }
    if (agent.aside_) return;
    agent.purge_done(ticket);
    v1::NodeMessage message;
    v1::PurgeAck& ack = *message.mutable_purge_ack();
    ack.set_number(number);
    ack.set_objects(outcome->objects);
    ack.set_duration_us(static_cast<uint64_t>(outcome->duration.count()));
    agent.send(std::move(message));
  });
}

void Agent::purge_done(uint64_t ticket) {
  bool remembered = true;
  for (PendingPurge& purge : purges_) purge.done = purge.done || purge.ticket == ticket;
  while (!purges_.empty() && purges_.front().done) {
    last_purge_ = purges_.front().number;
    purges_.pop_front();
    remembered = false;
  }
  if (!remembered) remember_last_purge();
}

void Agent::on_drain(const v1::Drain& drain) {
  if (ending_ || aside_) return;
  // It may be said again to one that serves, and must not open a door that others closed.
  if (!drain.draining() && !std::exchange(told_to_drain_, false)) return;
  told_to_drain_ = drain.draining();
  log_info("the control plane asks to {}", drain.draining() ? "drain" : "serve again");
  const DrainTerms terms{milliseconds(drain.patience_ms()), milliseconds(drain.deadline_ms())};
  node_.set_draining(drain.draining(), terms, [weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (!self || *self == nullptr) return;
    v1::NodeMessage done;
    done.mutable_drain_ack()->set_done(true);
    (*self)->send(std::move(done));
    (*self)->report_health();
  });
  report_health();
}

void Agent::report_health() {
  if (!welcomed_) return;
  if (stream_->unsent() > kMostUnsent) {
    const std::shared_ptr<FleetStream> stream = stream_;
    stream->cancel();
    return on_closed("it does not read");
  }
  v1::NodeMessage message;
  *message.mutable_health() = to_proto(node_.health());
  neighbours_->report(*message.mutable_health());
  send(std::move(message));
}

void Agent::report_statistics() {
  if (!welcomed_) return;
  v1::NodeMessage message;
  *message.mutable_statistics() = to_proto(node_.statistics());
  send(std::move(message));
}

void Agent::send(v1::NodeMessage message) {
  if (stream_) stream_->send(std::move(message));
}

}  // namespace atl::edge
