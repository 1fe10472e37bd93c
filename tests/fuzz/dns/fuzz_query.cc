// Any bytes as a datagram, the first one saying over which transport and from whom: whatever is
// answered is a message that somebody else's library reads, repeats the question, and over UDP is
// within its limits; what is refused is not amplified.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "control-plane/dns/responder.h"
#include "tests/support/dns_message.h"

namespace {

constexpr size_t kLargestOpt = 64;  // with a subnet and a cookie

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl;
  static dns::test::World world;
  if (world.view.key == nullptr) {
    world.view.key = *dns::SigningKey::parse(dns::test::kKeyText);
  }
  static dns::Responder responder({{}, 0});
  static std::array<uint8_t, dns::kLargestTcp> out;
  if (size == 0) return 0;
  const bool tcp = (data[0] & 1) != 0;
  const dns::Responder::Asker asker{
      *geo::parse_address((data[0] & 2) != 0 ? "10.1.2.3" : "2a00::1"),
      tcp ? dns::Transport::Tcp : dns::Transport::Udp};
  // In a buffer of its own length, so that reading beyond is seen.
  const std::string message(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::span<uint8_t> room(out.data(), tcp ? dns::kLargestTcp : dns::kLargestUdp);
  const dns::Outcome outcome =
      responder.respond(world.view, dns::as_octets(message), asker, {}, room);
  if (outcome.size == 0) {
    require(outcome.reason == dns::Reason::Ignored);
    return 0;
  }
  require(outcome.size <= room.size() && outcome.size >= dns::kHeader);
  require(std::memcmp(out.data(), message.data(), 2) == 0);
  const dns::test::Answer answer =
      dns::test::read({reinterpret_cast<const char*>(out.data()), outcome.size});
  require(answer.readable);
  require(answer.truncated == outcome.truncated);
  if (outcome.reason == dns::Reason::Malformed || outcome.reason == dns::Reason::NotOurs) {
    require(outcome.size <= message.size() + kLargestOpt);
    require(answer.answer.empty() && answer.authority.empty());
  }
  return 0;
}
