#include "control-plane/dns/signing_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "control-plane/dns/ldns_handles.h"
#include "lib/base/durable_file.h"

namespace atl::dns {
namespace {

constexpr std::string_view kRoot("\0", 1);
constexpr size_t kLongestFile = 4096;
constexpr uint32_t kTtl = 3600;  // seconds

std::expected<void, std::string> write_secret(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = file >= 0;
  if (written) {
    written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              fsync(file) == 0;
    written = close(file) == 0 && written;
  }
  if (written) return {};
  return std::unexpected(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
}

std::expected<std::string, std::string> generate() {
  const LdnsKey key(ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256));
  if (key == nullptr) return std::unexpected("a key for DNSSEC cannot be made");
  const LdnsText text(ldns_key2str(key.get()));
  if (text == nullptr) return std::unexpected("a key for DNSSEC cannot be written down");
  return std::string(text.get());
}

std::string line_of(const ldns_rr* record) {
  const LdnsText text(ldns_rr2str(record));
  std::string line = text == nullptr ? "" : text.get();
  line.erase(std::min(line.find('\n'), line.find(';')));  // a comment repeats the key's tag
  std::replace(line.begin(), line.end(), '\t', ' ');
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::expected<SigningKey::Pointer, std::string> SigningKey::parse(std::string text) {
  const LdnsKey key = make_key(text, kRoot);
  if (key == nullptr || ldns_key_algorithm(key.get()) != LDNS_SIGN_ECDSAP256SHA256) {
    return std::unexpected(
        "is not a private key of algorithm 13 (ECDSAP256SHA256), as dnssec-keygen writes them");
  }
  const LdnsRecord record(ldns_key2rr(key.get()));
  std::shared_ptr<SigningKey> made(new SigningKey);
  made->text_ = std::move(text);
  made->public_data_ = data_of(record.get());
  return made;
}

std::expected<SigningKey::Pointer, std::string> SigningKey::open(const std::string& path) {
  auto text = read_file(path, kLongestFile);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) {
    return std::unexpected(fmt::format("{} does not exist: atoll-control dns-key makes it", path));
  }
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || (status.st_mode & S_IRWXO) != 0) {
    return std::unexpected(
        fmt::format("{} is a secret, but everybody may use it: chmod 600 {}", path, path));
  }
  auto key = parse(**std::move(text));
  if (!key) return std::unexpected(fmt::format("{} {}", path, key.error()));
  return key;
}

std::expected<SigningKey::Pointer, std::string> SigningKey::create(const std::string& path) {
  auto text = generate();
  if (!text) return std::unexpected(std::move(text.error()));
  if (auto written = write_secret(path, *text); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return open(path);
}

std::string SigningKey::dnskey(std::string_view zone) const {
  const LdnsRecord key = make_record(zone, Type::Dnskey, kTtl, public_data_);
  return line_of(key.get());
}

std::string SigningKey::delegation(std::string_view zone) const {
  const LdnsRecord key = make_record(zone, Type::Dnskey, kTtl, public_data_);
  const LdnsRecord ds(ldns_key_rr2ds(key.get(), LDNS_SHA256));
  return line_of(ds.get());
}

}  // namespace atl::dns
