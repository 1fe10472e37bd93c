#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "control-plane/dns/signing_key.h"
#include "control-plane/dns/wire.h"

namespace atl::dns {

// Signs record sets as they are asked for (RFC 4034), and remembers the signatures of a day: a set
// is signed once, whoever asks. One thread. Allocates only where it has to sign.
class Signer {
 public:
  // `zone`: wire form.
  Signer(std::shared_ptr<const SigningKey> key, std::string_view zone);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  // Whether it was made of that key for that zone.
  bool is_for(const std::shared_ptr<const SigningKey>& key, std::string_view zone) const;

  struct Set {
    std::string_view owner;  // wire form, lower case
    Type type = Type::A;
    uint32_t ttl = 0;
    std::span<const std::string_view> data;
  };
  // Data of the RRSIG record, valid until the next call; empty if the set cannot be signed. `now`:
  // Unix seconds; the signature holds from a day before to two weeks after, so that clocks may
  // differ and caches keep it.
  std::string_view sign(const Set& set, uint32_t now);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const;
  };
  using Signatures = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;
  struct State;

  std::string make(const Set& set, uint32_t day);

  // Names are without number where a pattern covers them, so that memory is bounded: when the young
  // ones are many, the old ones go and the young ones become old.
  static constexpr size_t kMostYoung = 4096;

  std::unique_ptr<State> state_;
  uint32_t day_ = 0;
  Signatures young_;
  Signatures old_;
  std::string key_;  // of the look-up
};

}  // namespace atl::dns
