#include "lib/net/message_channel.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "tests/support/scratch_directory.h"

namespace atl::net {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    auto opened = MessageListener::listen(loop, path, [this](auto channel) {
      far = std::move(channel);
      loop.stop();
    });
    REQUIRE(opened);
    listener = std::move(*opened);
    auto connected = MessageChannel::connect(loop, path);
    REQUIRE(connected);
    near = std::move(*connected);
    loop.run();
    REQUIRE(far);
  }
  ScratchDirectory folder;
  const std::string path = folder.file("socket");
  Loop loop;
  std::unique_ptr<MessageListener> listener;
  std::unique_ptr<MessageChannel> near, far;
};

TEST_CASE("channel: messages keep their boundaries and bring an open file along") {
  Pair pair;
  pair.folder.write("file", "what is in it");
  const Descriptor file(::open(pair.folder.file("file").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(pair.far->send("one"));
  CHECK(pair.far->send("two", file.get()));
  auto one = pair.near->receive(5s);
  REQUIRE(one);
  CHECK(one->text == "one");
  CHECK(!one->descriptor);
  auto two = pair.near->receive(5s);
  REQUIRE(two);
  CHECK(two->text == "two");
  REQUIRE(two->descriptor);
  CHECK(two->descriptor.get() != file.get());
  char bytes[32];
  const ssize_t got = ::read(two->descriptor.get(), bytes, sizeof bytes);
  CHECK(std::string(bytes, static_cast<size_t>(got)) == "what is in it");
  CHECK((::fcntl(two->descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("channel: what is empty or too long is not sent; the longest is") {
  Pair pair;
  CHECK_FALSE(pair.near->send(""));
  CHECK_FALSE(pair.near->send(std::string(MessageChannel::kLongest + 1, 'x')));
  CHECK(pair.near->send(std::string(MessageChannel::kLongest, 'x')));
  CHECK(pair.far->receive(5s)->text.size() == MessageChannel::kLongest);
}

TEST_CASE("channel: silence is a Timeout, the end is Closed, by call and by callback") {
  Pair pair;
  CHECK(pair.near->receive(1ms).error().code == Code::Timeout);
  std::vector<std::string> heard;
  pair.far->start([&](auto message) { heard.push_back(message.text); },
                  [&] {
                    heard.push_back("(end)");
                    pair.loop.stop();
                  });
  pair.near->send("last words");
  pair.near = nullptr;
  pair.loop.run();
  CHECK(heard == std::vector<std::string>{"last words", "(end)"});

  Pair other;
  other.far = nullptr;
  CHECK(other.near->receive(5s).error().code == Code::Closed);
}

TEST_CASE("channel: its owner may destroy it in its callback") {
  Pair pair;
  pair.far->start(
      [&](auto) {
        pair.far = nullptr;
        pair.loop.stop();
      },
      [] { FAIL("it is gone"); });
  pair.near->send("one");
  pair.near->send("two");
  pair.loop.run();
  CHECK(pair.near->receive(5s).error().code == Code::Closed);
}

TEST_CASE("channel: nobody at the path is NotFound, a path that is too long Invalid") {
  const ScratchDirectory folder;
  Loop loop;
  CHECK(MessageChannel::connect(loop, folder.file("nobody")).error().code == Code::NotFound);
  const std::string deep = folder.file(std::string(120, 'x'));
  CHECK(MessageChannel::connect(loop, deep).error().code == Code::Invalid);
  CHECK(MessageListener::listen(loop, deep, [](auto) {}).error().code == Code::Invalid);
  {
    const auto once = MessageListener::listen(loop, folder.file("once"), [](auto) {});
    CHECK(once);
  }
  loop.post([&] { loop.stop(); });
  loop.run();  // the socket is closed; its file is left
  CHECK(MessageChannel::connect(loop, folder.file("once")).error().code == Code::NotFound);
  CHECK(MessageListener::listen(loop, folder.file("once"), [](auto) {}));
}

TEST_CASE("channel: more than one file in a message ends it, and none of them leaks") {
  Pair pair;
  const int raw = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, pair.path.data(), pair.path.size());
  REQUIRE(::connect(raw, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  pair.loop.run();
  const int next_before = ::dup(raw);
  ::close(next_before);
  int files[2] = {raw, raw};
  char text[] = "two";
  iovec bytes{text, 3};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof files)] = {};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof files);
  std::memcpy(CMSG_DATA(part), files, sizeof files);
  REQUIRE(::sendmsg(raw, &header, 0) == 3);
  CHECK(pair.far->receive(5s).error().code == Code::Closed);
  const int next_after = ::dup(raw);
  CHECK(next_after == next_before);
  ::close(next_after);
  ::close(raw);
}

}  // namespace
}  // namespace atl::net
