#include "lib/store/redis/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/log.h"
#include "lib/store/redis/command.h"

namespace atl::store::redis {
namespace {

constexpr std::chrono::milliseconds kRetry{25};  // between two attempts of a call
constexpr int kMostHops = 8;                     // followed at once; then it waits

std::mt19937_64 seeded() {
  std::random_device device;
  std::array<std::random_device::result_type, 8> words;
  std::ranges::generate(words, std::ref(device));
  std::seed_seq seed(words.begin(), words.end());
  return std::mt19937_64(seed);
}

Error upstream(Code code, bool retryable, const char* detail) {
  return {.code = code, .side = Side::Upstream, .retryable = retryable, .detail = detail};
}

}  // namespace

Client::Client(net::Loop& loop, RedisOptions options)
    : loop_(loop), options_(std::move(options)), random_(seeded()), retry_(loop, [this] {
        const auto self = shared_from_this();
        retry();
      }) {}

void Client::start() {
  topology_ = Topology::make(loop_, options_,
                             {.on_change =
                                  [this](const std::vector<net::Endpoint>& masters) {
                                    topology_problem_.clear();
                                    forget_others(masters);
                                    if (!waiting_.empty())
                                      retry_.start(std::chrono::milliseconds{0});
                                  },
                              .on_problem =
                                  [this](std::string why) {
                                    if (topology_problem_ == why) return;
                                    log_error("store: {}", why);
                                    topology_problem_ = std::move(why);
                                  }});
}

void Client::close() {
  retry_.stop();
  topology_.reset();
  waiting_.clear();
  const auto dying = std::exchange(operations_, {});  // so that nothing below finds one
  for (auto& [endpoint, server] : servers_) drop(server);
  servers_.clear();
}

Version Client::next_version() {
  for (;;) {
    if (const uint64_t bits = random_(); bits != 0) return Version{bits};
  }
}

std::string Client::problem() const {
  if (!topology_problem_.empty()) return topology_problem_;
  for (const auto& [endpoint, server] : servers_)
    if (!server.problem.empty())
      return fmt::format("Redis at {}: {}",
                         net::to_string(net::Endpoint{endpoint.first, endpoint.second}),
                         server.problem);
  return {};
}

void Client::submit(Operation operation, size_t bytes, std::optional<Error> problem) {
  if (!problem && (operations_.size() >= kMaxPending || bytes_ + bytes > kMaxPendingBytes))
    problem = Error{.code = Code::Exhausted,
                    .side = Side::Self,
                    .retryable = true,
                    .detail = "too many calls to the store at a time"};
  operation.bytes = bytes;
  operation.deadline = loop_.now() + options_.timeout;
  operation.last = upstream(Code::Closed, true, "no server of the store can be reached");
  bytes_ += bytes;
  const Id id = ++last_;
  operations_.emplace(id, std::move(operation));
  if (!problem) return dispatch(id);
  loop_.post([weak = weak_from_this(), id, error = *problem] {
    if (const auto self = weak.lock()) self->finish(id, error);
  });
}

void Client::dispatch(Id id) {
  Operation& operation = operations_.at(id);
  const auto ask = std::exchange(operation.ask, std::nullopt);
  const auto to = ask ? ask : topology_->find(operation.slot);
  if (!to) return wait(id);
  std::string bytes;
  bytes.reserve(operation.call.rest.size() + 128);
  if (ask) bytes = command({"ASKING"});
  append_call(bytes, operation.call, digests_, operation.whole);
  const bool writes = operation.writes();
  link_to(*to, writes)
      .send(std::move(bytes), ask ? 2 : 1, operation.deadline, writes,
            [weak = weak_from_this(), id, by = *to](std::expected<Reply, Loss> reply) {
              if (const auto self = weak.lock()) self->answered(id, by, std::move(reply));
            });
}

void Client::wait(Id id) {
  if (waiting_.empty()) retry_.start(kRetry);
  waiting_.push_back(id);
}

void Client::retry() {
  for (const Id id : std::exchange(waiting_, {})) {
    const auto found = operations_.find(id);
    if (found == operations_.end()) continue;
    if (found->second.deadline > loop_.now())
      dispatch(id);
    else
      finish(id, found->second.last);
  }
}

void Client::answered(Id id, const net::Endpoint& by, std::expected<Reply, Loss> reply) {
  if (!operations_.contains(id)) return;
  if (!reply) return lost(id, reply.error());
  if (reply->is(Reply::Kind::Error)) return judged(id, by, reply->text);
  note(by, {});
  read(id, *reply);
}

void Client::lost(Id id, Loss loss) {
  topology_->doubt();
  Operation& operation = operations_.at(id);
  if (loss == Loss::TooFew)
    return finish(id, upstream(Code::Timeout, false, "too few replicas have the write"));
  if (loss == Loss::Unknown && operation.writes())
    return finish(id, upstream(Code::Closed, false, "the answer to a write was lost"));
  wait(id);
}

void Client::judged(Id id, const net::Endpoint& by, const std::string& text) {
  Verdict verdict = judge_error(text);
  Operation& operation = operations_.at(id);
  if (verdict.endpoint.host.empty()) verdict.endpoint.host = by.host;
  using Kind = Verdict::Kind;
  switch (verdict.kind) {
    case Kind::Moved:
      topology_->moved(verdict.slot, verdict.endpoint);
      break;
    case Kind::Ask:
      operation.ask = verdict.endpoint;
      break;
    case Kind::NoScript:
      operation.whole = true;
      break;
    case Kind::Demoted:
      // Whoever it is now, the next connection asks it again whether it is a master.
      if (const auto server = servers_.find({by.host, by.port}); server != servers_.end())
        drop(server->second);
      topology_->doubt();
      [[fallthrough]];
    case Kind::Later:
      operation.last = verdict.error;
      if (verdict.error.code == Code::Closed) topology_->doubt();
      note(by, verdict.error.detail);
      return wait(id);
    case Kind::Final:
      note(by, fmt::format("{} ({})", verdict.error.detail, text));
      return finish(id, verdict.error);
  }
  if (++operation.hops % kMostHops != 0) return dispatch(id);
  operation.last = upstream(Code::Closed, true, "the servers send the call in circles");
  wait(id);
}

void Client::read(Id id, const Reply& reply) {
  std::optional<Operation> done = extract(id);
  const Error senseless = upstream(Code::Internal, !done->writes(), "an answer without sense");
  const auto tell = [&](auto& on_done, auto result) {
    if (result)
      on_done(*std::move(result));
    else
      on_done(std::unexpected(senseless));
  };
  if (auto* get = std::get_if<Operation::Get>(&done->what))
    tell(get->on_done, read_get(reply, get->sort));
  else if (auto* range = std::get_if<Operation::Range>(&done->what))
    tell(range->on_done, read_range(reply));
  else if (auto* put = std::get_if<Operation::Put>(&done->what))
    tell(put->on_done, read_write(reply, put->write, put->version));
}

std::optional<Operation> Client::extract(Id id) {
  auto node = operations_.extract(id);
  if (node.empty()) return std::nullopt;
  bytes_ -= node.mapped().bytes;
  return std::move(node.mapped());
}

void Client::finish(Id id, Error error) {
  auto done = extract(id);
  if (!done) return;
  std::visit([&](auto& what) { what.on_done(std::unexpected(error)); }, done->what);
}

// ---- Servers ----

Link& Client::link_to(const net::Endpoint& to, bool writes) {
  Server& server = servers_[{to.host, to.port}];
  auto& link = writes && options_.replicas > 0 ? server.writes : server.reads;
  if (link != nullptr && link->down()) loop_.dispose(std::move(link));
  if (link == nullptr) {
    const LinkOptions options{.user = options_.user,
                              .password = options_.password,
                              .master = options_.mode == RedisOptions::Mode::Sentinel,
                              .replicas = options_.replicas,
                              .replica_timeout = options_.replica_timeout};
    link = std::make_unique<Link>(loop_, to, options, [weak = weak_from_this(), to](const char* w) {
      if (const auto self = weak.lock()) self->note(to, w);
    });
  }
  return *link;
}

void Client::drop(Server& server) {
  for (auto* link : {&server.reads, &server.writes})
    if (*link != nullptr) {
      (*link)->give_up();
      loop_.dispose(std::move(*link));
    }
}

void Client::forget_others(const std::vector<net::Endpoint>& masters) {
  for (auto at = servers_.begin(); at != servers_.end();) {
    const net::Endpoint endpoint{at->first.first, at->first.second};
    const bool master = std::ranges::find(masters, endpoint) != masters.end();
    // A server of a cluster that slots are being moved to may have none yet, and is asked all the
    // same; a master that Sentinels have replaced must not be, even if it answers.
    if (master || (options_.mode == RedisOptions::Mode::Cluster && at->second.busy())) {
      ++at;
      continue;
    }
    Server server = std::move(at->second);
    at = servers_.erase(at);
    drop(server);
  }
}

void Client::note(const net::Endpoint& at, std::string why) {
  const auto server = servers_.find({at.host, at.port});
  if (server == servers_.end() || server->second.problem == why) return;
  if (why.empty())
    log_info("store: Redis at {} works again", net::to_string(at));
  else
    log_error("store: Redis at {}: {}", net::to_string(at), why);
  server->second.problem = std::move(why);
}

}  // namespace atl::store::redis
