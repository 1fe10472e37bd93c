#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

// Numbers of the DNS wire format (RFC 1035 and the IANA registry) and bytes in network order.

namespace atl::dns {

using Octets = std::span<const uint8_t>;

inline constexpr size_t kHeader = 12;        // octets
inline constexpr size_t kLongestName = 255;  // on the wire, RFC 1035 section 2.3.4
inline constexpr size_t kLongestLabel = 63;

enum class Type : uint16_t {
  A = 1,
  Ns = 2,
  Cname = 5,
  Soa = 6,
  Mx = 15,
  Txt = 16,
  Aaaa = 28,
  Srv = 33,
  Opt = 41,
  Rrsig = 46,
  Nsec = 47,
  Dnskey = 48,
  Nxname = 128,  // RFC 9824
  Any = 255,
  Caa = 257,
};

enum class Class : uint16_t { In = 1 };

enum class Rcode : uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NxDomain = 3,
  NotImp = 4,
  Refused = 5,
  BadVers = 16,  // RFC 6891
};

// Of the second 16 bits of a message.
inline constexpr uint16_t kResponseFlag = 0x8000;
inline constexpr uint16_t kAuthoritativeFlag = 0x0400;
inline constexpr uint16_t kTruncatedFlag = 0x0200;
inline constexpr uint16_t kRecursionDesiredFlag = 0x0100;
inline constexpr uint16_t kOpcodeMask = 0x7800;

inline constexpr uint16_t kOptionSubnet = 8;   // RFC 7871
inline constexpr uint16_t kOptionCookie = 10;  // RFC 7873

inline uint16_t read16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t read32(const uint8_t* at) {
  return static_cast<uint32_t>(read16(at)) << 16 | read16(at + 2);
}

inline std::string_view as_text(Octets octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
inline Octets as_octets(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Writes into a buffer of somebody else. What does not fit is left out, and fits() says so for good
// until rewind().
class Writer {
 public:
  explicit Writer(std::span<uint8_t> out) : out_(out) {}

  size_t size() const { return size_; }
  bool fits() const { return fits_; }
  void rewind(size_t size) {
    size_ = size;
    fits_ = true;
  }

  void put8(uint8_t value) {
    if (room(1)) out_[size_++] = value;
  }
  void put16(uint16_t value) {
    if (!room(2)) return;
    patch16(size_, value);
    size_ += 2;
  }
  void put32(uint32_t value) {
    put16(static_cast<uint16_t>(value >> 16));
    put16(static_cast<uint16_t>(value));
  }
  void put(Octets octets) {
    if (octets.empty() || !room(octets.size())) return;
    std::memcpy(&out_[size_], octets.data(), octets.size());
    size_ += octets.size();
  }
  void put(std::string_view octets) { put(as_octets(octets)); }
  // Of what was written before.
  void patch16(size_t at, uint16_t value) {
    out_[at] = static_cast<uint8_t>(value >> 8);
    out_[at + 1] = static_cast<uint8_t>(value);
  }

 private:
  bool room(size_t octets) {
    if (!fits_ || out_.size() - size_ < octets) fits_ = false;
    return fits_;
  }

  std::span<uint8_t> out_;
  size_t size_ = 0;
  bool fits_ = true;
};

}  // namespace atl::dns
