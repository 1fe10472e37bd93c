#include "lib/store/redis/link.h"

#include <array>
#include <utility>

#include "lib/base/holder.h"
#include "lib/store/redis/command.h"
#include "lib/store/redis/script.h"

namespace atl::store::redis {
namespace {

constexpr std::chrono::milliseconds kWatch{50};  // how late a deadline is noticed

// A reply of the greeting that ends the connection, or null.
const char* refusal(const Reply& reply, bool master) {
  if (reply.is(Reply::Kind::Error)) {
    const std::string_view text = reply.text;
    if (text.starts_with("LOADING")) return "the server is reading its data";
    if (text.starts_with("WRONGPASS") || text.starts_with("ERR invalid password"))
      return "the server refuses the password";
    if (text.starts_with("NOAUTH")) return "the server wants a password";
    if (text.starts_with("NOPERM")) return "the server's user may not do this";
    if (text.starts_with("ERR AUTH")) return "the server has no password, and one is configured";
    return "the server refused the greeting";
  }
  // ROLE: [master|slave|sentinel, ...]
  if (master && reply.is(Reply::Kind::Array) &&
      (reply.elements.empty() || reply.elements[0].text != "master"))
    return "the server is a replica";
  return nullptr;
}

}  // namespace

Link::Link(net::Loop& loop, net::Endpoint to, const LinkOptions& options, OnDown on_down)
    : loop_(loop),
      to_(std::move(to)),
      options_(options),
      on_down_(std::move(on_down)),
      self_(std::make_shared<Link*>(this)),
      watch_(loop, [this] {
        const bool late = !expected_.empty() && expected_.front().deadline <= loop_.now();
        if (late) fail("the server does not answer");
      }) {
  watch_.start_periodic(kWatch);
  resolver_.emplace(loop_, to_, [this](Result<std::vector<net::Endpoint>> found) {
    if (!found) return fail("the server's name has no address");
    connect(*std::move(found));
  });
}

Link::~Link() { *self_ = nullptr; }

void Link::connect(std::vector<net::Endpoint> addresses) {
  const net::Endpoint next = addresses.front();
  addresses.erase(addresses.begin());
  connector_.emplace(
      loop_, next, options_.connect_timeout,
      [this, rest = std::move(addresses)](Result<std::unique_ptr<net::TcpStream>> done) mutable {
        if (done) {
          stream_ = *std::move(done);
          return greet();
        }
        if (rest.empty()) return fail("the server cannot be reached");
        // Not in here: it would destroy the connector that is calling.
        loop_.at_turn_end([self = self_, rest = std::move(rest)]() mutable {
          if (*self != nullptr && !(*self)->down()) (*self)->connect(std::move(rest));
        });
      });
}

void Link::greet() {
  state_ = State::Greeting;
  stream_->set_reader(this);
  stream_->start_reading();
  const auto say = [&](std::initializer_list<std::string_view> words) {
    out_ += command(words);
    expected_.push_back({Expected::Kind::Greeting, loop_.now() + options_.connect_timeout, {}});
    ++greetings_;
  };
  if (!options_.password.empty()) {
    if (options_.user.empty())
      say({"AUTH", options_.password});
    else
      say({"AUTH", options_.user, options_.password});
  }
  if (options_.master) say({"ROLE"});
  if (options_.data) {
    say({"SCRIPT", "LOAD", text_of(Script::Range)});
    say({"SCRIPT", "LOAD", text_of(Script::Write)});
  }
  if (greetings_ == 0) say({"PING"});
  flush();
}

void Link::greeted(const Reply& reply) {
  if (const char* why = refusal(reply, options_.master)) return fail(why);
  if (--greetings_ > 0) return;
  state_ = State::Up;
  for (Waiting& command : std::exchange(waiting_, {})) enqueue(std::move(command));
}

void Link::send(std::string command, size_t commands, MonoTime deadline, bool replicated,
                OnReply on_reply) {
  Waiting waiting{std::move(command), commands, deadline, replicated && options_.replicas > 0,
                  std::move(on_reply)};
  if (state_ == State::Up)
    enqueue(std::move(waiting));
  else
    waiting_.push_back(std::move(waiting));
}

void Link::enqueue(Waiting command) {
  out_ += command.command;
  last_deadline_ = command.deadline;
  for (; command.commands > 1; --command.commands)
    expected_.push_back({Expected::Kind::Skipped, command.deadline, {}});
  const auto kind = command.replicated ? Expected::Kind::Replicated : Expected::Kind::Command;
  replicated_out_ |= command.replicated;
  expected_.push_back({kind, command.deadline, std::move(command.on_reply)});
  if (std::exchange(flushing_, true)) return;
  loop_.at_turn_end([self = self_] {
    if (*self != nullptr) (*self)->flush();
  });
}

void Link::flush() {
  flushing_ = false;
  if (state_ == State::Down || out_.empty()) return;
  if (std::exchange(replicated_out_, false)) {
    // One WAIT for all writes of the turn: it is about everything this connection has written.
    out_ += command({"WAIT", std::to_string(options_.replicas),
                     std::to_string(options_.replica_timeout.count())});
    expected_.push_back({Expected::Kind::Wait, last_deadline_ + options_.replica_timeout, {}});
  }
  auto bytes = std::make_unique<std::string>(std::exchange(out_, {}));
  const std::array<net::Bytes, 1> pieces = {*bytes};
  stream_->write(pieces, hold(std::move(bytes)));
}

void Link::on_read(net::Bytes bytes) {
  if (!reader_.feed(bytes)) return fail("the server does not speak Redis' protocol");
  while (state_ != State::Down) {
    auto reply = reader_.next();
    if (!reply) return fail(reply.error());
    if (!*reply) return;
    take(**std::move(reply));
  }
}

void Link::take(Reply reply) {
  if (expected_.empty()) return fail("the server answered what was not asked");
  Expected expected = std::move(expected_.front());
  expected_.pop_front();
  switch (expected.kind) {
    case Expected::Kind::Greeting:
      return greeted(reply);
    case Expected::Kind::Skipped:
      return;
    case Expected::Kind::Command:
      return expected.on_reply(std::move(reply));
    case Expected::Kind::Replicated:
      unconfirmed_.push_back({std::move(expected.on_reply), std::move(reply)});
      return;
    case Expected::Kind::Wait:
      return confirm(reply);
  }
}

void Link::confirm(const Reply& reply) {
  const bool enough = reply.is(Reply::Kind::Integer) && reply.integer >= options_.replicas;
  for (Unconfirmed& one : std::exchange(unconfirmed_, {})) {
    // An error changed nothing, so it needs no replica.
    if (enough || one.reply.is(Reply::Kind::Error))
      one.on_reply(std::move(one.reply));
    else
      one.on_reply(std::unexpected(Loss::TooFew));
  }
}

void Link::give_up() {
  on_down_ = nullptr;
  loop_.at_turn_end([self = self_] {
    if (*self != nullptr) (*self)->fail("given up");
  });
}

void Link::fail(const char* why) {
  if (std::exchange(state_, State::Down) == State::Down) return;
  watch_.stop();
  if (stream_ != nullptr) {
    stream_->set_reader(nullptr);
    stream_->reset();
  }
  auto expected = std::exchange(expected_, {});
  auto unconfirmed = std::exchange(unconfirmed_, {});
  auto waiting = std::exchange(waiting_, {});
  if (on_down_) on_down_(why);
  for (Unconfirmed& one : unconfirmed) one.on_reply(std::unexpected(Loss::Unknown));
  for (Expected& one : expected)
    if (one.on_reply) one.on_reply(std::unexpected(Loss::Unknown));
  for (Waiting& one : waiting) one.on_reply(std::unexpected(Loss::NotSent));
}

}  // namespace atl::store::redis
