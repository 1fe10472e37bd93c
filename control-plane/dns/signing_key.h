#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace atl::dns {

// The key that signs the zone: one for everything (a combined signing key), ECDSA P-256 (algorithm
// 13, RFC 6605). Immutable; any thread.
class SigningKey {
 public:
  using Pointer = std::shared_ptr<const SigningKey>;

  // From a file in the private key format that dnssec-keygen and ldns-keygen write, which nobody
  // but its owner and group may read. The error is a sentence that names the file.
  static std::expected<Pointer, std::string> open(const std::string& path);
  // Makes a key and its file, readable by its owner alone. Never replaces a file.
  static std::expected<Pointer, std::string> create(const std::string& path);
  // From text in that format. The error is a sentence without a subject: "is not ...".
  static std::expected<Pointer, std::string> parse(std::string text);

  const std::string& text() const { return text_; }  // secret
  // Data of the DNSKEY record.
  const std::string& public_data() const { return public_data_; }

  // The DNSKEY record, and the DS record for the zone above, in presentation format; `zone` in wire
  // form.
  std::string dnskey(std::string_view zone) const;
  std::string delegation(std::string_view zone) const;

 private:
  SigningKey() = default;
  std::string text_;
  std::string public_data_;
};

}  // namespace atl::dns
