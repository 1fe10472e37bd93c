#include "lib/net/udp_responder.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/net/socket.h"

namespace atl::net {
namespace {

constexpr unsigned kBatch = 64;  // datagrams of one system call
constexpr int kMostBatches = 8;  // before the loop has its turn
constexpr int kBusy = 8;         // datagrams; after so many at once more are likely there already

// Room for the address a datagram was sent to.
struct Control {
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

UdpPeer peer_of(const sockaddr_storage& from) {
  UdpPeer peer{};
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    peer.address[10] = peer.address[11] = 0xff;
    std::memcpy(peer.address + 12, &v4.sin_addr, 4);
    peer.port = ntohs(v4.sin_port);
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(peer.address, &v6.sin6_addr, 16);
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

bool is_wildcard(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

// The interface stays open: the way back need not be the way here.
void forget_interface(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      reinterpret_cast<in_pktinfo*>(CMSG_DATA(part))->ipi_ifindex = 0;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(part));
      if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
    }
  }
}

void set(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

}  // namespace

struct UdpResponder::Node {
  uv_poll_t poll;
  int descriptor = -1;
  Handler* handler = nullptr;
  bool with_destination = false;  // bound to all addresses
  Options options;
  Counts counts;

  std::vector<uint8_t> messages;
  std::vector<uint8_t> answers;
  std::array<sockaddr_storage, kBatch> peers;
  std::array<Control, kBatch> controls;
  std::array<iovec, kBatch> received_at;
  std::array<iovec, kBatch> sent_at;
  std::array<mmsghdr, kBatch> received;
  std::array<mmsghdr, kBatch> sent;

  Result<void> open(const Endpoint& at);
  void prepare();
  void make_room(unsigned i);
  void serve();
  bool serve_batch();
  void send(unsigned count);
};

Result<void> UdpResponder::Node::open(const Endpoint& at) {
  const auto address = to_address(at);
  if (!address) return std::unexpected(address.error());
  const int family = address->storage.ss_family;
  descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return std::unexpected(from_uv(uv_translate_sys_error(errno)));
  set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  set(descriptor, SOL_SOCKET, SO_RCVBUF, options.socket_buffer);
  set(descriptor, SOL_SOCKET, SO_SNDBUF, options.socket_buffer);
  with_destination = is_wildcard(address->storage);
  if (family == AF_INET6) {
    set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (with_destination) set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else {
    // No forged "fragmentation needed" makes us send fragments.
    set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    if (with_destination) set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
  }
  const auto* generic = reinterpret_cast<const sockaddr*>(&address->storage);
  if (::bind(descriptor, generic, address->size) != 0) {
    return std::unexpected(from_uv(uv_translate_sys_error(errno)));
  }
  return {};
}

void UdpResponder::Node::prepare() {
  messages.resize(kBatch * options.largest_message);
  answers.resize(kBatch * options.largest_answer);
  std::memset(received.data(), 0, sizeof received);
  std::memset(sent.data(), 0, sizeof sent);
  for (unsigned i = 0; i < kBatch; ++i) {
    received_at[i] = {&messages[i * options.largest_message], options.largest_message};
    received[i].msg_hdr.msg_iov = &received_at[i];
    received[i].msg_hdr.msg_iovlen = 1;
    received[i].msg_hdr.msg_name = &peers[i];
    sent[i].msg_hdr.msg_iov = &sent_at[i];
    sent[i].msg_hdr.msg_iovlen = 1;
    make_room(i);
  }
}

// What the kernel changes by receiving.
void UdpResponder::Node::make_room(unsigned i) {
  msghdr& header = received[i].msg_hdr;
  header.msg_namelen = sizeof(sockaddr_storage);
  header.msg_control = with_destination ? controls[i].bytes.data() : nullptr;
  header.msg_controllen = with_destination ? controls[i].bytes.size() : 0;
}

void UdpResponder::Node::serve() {
  for (int i = 0; i < kMostBatches && serve_batch(); ++i) {
  }
}

// False when there is probably nothing more.
bool UdpResponder::Node::serve_batch() {
  const int count = recvmmsg(descriptor, received.data(), kBatch, 0, nullptr);
  if (count <= 0) return false;
  unsigned answered = 0;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    msghdr& header = received[i].msg_hdr;
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      ++counts.too_long;
      continue;
    }
    uint8_t* answer = &answers[answered * options.largest_answer];
    const Bytes message(static_cast<const char*>(received_at[i].iov_base), received[i].msg_len);
    const size_t size =
        handler->on_datagram(message, peer_of(peers[i]), {answer, options.largest_answer});
    if (size == 0) continue;
    if (with_destination) forget_interface(header);
    sent_at[answered] = {answer, size};
    msghdr& out = sent[answered].msg_hdr;
    out.msg_name = header.msg_name;
    out.msg_namelen = header.msg_namelen;
    out.msg_control = with_destination ? header.msg_control : nullptr;
    out.msg_controllen = with_destination ? header.msg_controllen : 0;
    ++answered;
  }
  handler->on_batch_end();
  send(answered);
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) make_room(i);
  return count >= kBusy;
}

void UdpResponder::Node::send(unsigned count) {
  for (unsigned done = 0; done < count;) {
    const int sent_now = sendmmsg(descriptor, &sent[done], count - done, 0);
    if (sent_now > 0) {
      done += static_cast<unsigned>(sent_now);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      counts.unsent += count - done;  // the rest would meet the same
      return;
    } else if (errno != EINTR) {
      ++counts.unsent;  // this one cannot be sent: its sender has no port, or no route
      ++done;
    }
  }
}

Result<std::unique_ptr<UdpResponder>> UdpResponder::bind(Loop& loop, const Endpoint& at,
                                                         const Options& options, Handler& handler) {
  auto node = std::make_unique<Node>();
  node->options = options;
  node->handler = &handler;
  const auto opened = node->open(at);
  if (!opened || uv_poll_init(loop.raw(), &node->poll, node->descriptor) != 0) {
    if (node->descriptor >= 0) close(node->descriptor);
    if (!opened) return std::unexpected(opened.error());
    return std::unexpected(Error{Code::Io, Side::Self, false, "the socket cannot be waited for"});
  }
  node->poll.data = node.get();
  node->prepare();
  return std::unique_ptr<UdpResponder>(new UdpResponder(node.release()));
}

UdpResponder::~UdpResponder() {
  node_->handler = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->poll), [](uv_handle_t* handle) {
    auto* node = static_cast<Node*>(handle->data);
    close(node->descriptor);
    delete node;
  });
}

void UdpResponder::start() {
  ATOLL_CHECK(uv_poll_start(&node_->poll, UV_READABLE, [](uv_poll_t* poll, int status, int) {
                auto* node = static_cast<Node*>(poll->data);
                if (status == 0 && node->handler != nullptr) node->serve();
              }) == 0);
}

Endpoint UdpResponder::local_address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(node_->descriptor, generic, &size) != 0) return {};
  return to_endpoint(generic);
}

const UdpResponder::Counts& UdpResponder::counts() const { return node_->counts; }

Result<void> probe_free_udp(const Endpoint& at) {
  if (at.port == 0) return {};
  const auto address = to_address(at);
  if (!address) return std::unexpected(address.error());
  const int descriptor = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected(from_uv(uv_translate_sys_error(errno)));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address->storage);
  const int status = ::bind(descriptor, generic, address->size) == 0 ? 0 : errno;
  close(descriptor);
  if (status != 0) return std::unexpected(from_uv(uv_translate_sys_error(status)));
  return {};
}

}  // namespace atl::net
