#include "lib/net/tls/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "lib/base/durable_file.h"

namespace atl::net {
namespace {

constexpr size_t kLargestFile = 1024 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

std::expected<std::string, std::string> read(const std::string& path) {
  auto bytes = read_file(path, kLargestFile);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return std::unexpected(path + ": no such file");
  return std::move(**bytes);
}

BioPtr over(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::time_t seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// Nobody is there to type a passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

int64_t unix_time(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::numeric_limits<int64_t>::max();
  }
  return timegm(&parts);
}

}  // namespace

const char* take_openssl_error(const char* otherwise) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : otherwise;
}

std::expected<CertificateChain, std::string> read_chain(const std::string& path, WallTime now) {
  const auto bytes = read(path);
  if (!bytes) return std::unexpected(bytes.error());
  const BioPtr bio = over(*bytes);
  CertificateChain chain;
  chain.leaf.reset(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  if (chain.leaf == nullptr) {
    ERR_clear_error();
    return std::unexpected(path + ": no certificate in PEM format");
  }
  chain.rest.reset(sk_X509_new_null());
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    sk_X509_push(chain.rest.get(), next);
  }
  // The end of the file shows as "no start line"; anything else is a broken certificate.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return std::unexpected(path + ": " + take_openssl_error("a broken certificate"));
  }
  ERR_clear_error();
  std::time_t time = seconds(now);
  if (X509_cmp_time(X509_get0_notBefore(chain.leaf.get()), &time) > 0) {
    return std::unexpected(path + ": the certificate is not valid yet");
  }
  if (X509_cmp_time(X509_get0_notAfter(chain.leaf.get()), &time) < 0) {
    return std::unexpected(path + ": the certificate has expired");
  }
  return chain;
}

std::expected<KeyPtr, std::string> read_key(const std::string& path) {
  auto bytes = read(path);
  if (!bytes) return std::unexpected(bytes.error());
  KeyPtr key(PEM_read_bio_PrivateKey(over(*bytes).get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(bytes->data(), bytes->size());
  if (key == nullptr) {
    ERR_clear_error();  // its reasons say less
    return std::unexpected(path + ": no private key in PEM format, or an encrypted one");
  }
  return key;
}

std::expected<Staple, std::string> read_staple(const std::string& path, X509& leaf, WallTime now) {
  auto bytes = read(path);
  if (!bytes) return std::unexpected(bytes.error());
  const auto* at = reinterpret_cast<const unsigned char*>(bytes->data());
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(bytes->size())), OCSP_RESPONSE_free);
  if (response == nullptr) {
    ERR_clear_error();
    return std::unexpected(path + ": no OCSP response in DER format");
  }
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(
      OCSP_response_get1_basic(response.get()), OCSP_BASICRESP_free);
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL || !basic) {
    ERR_clear_error();
    return std::unexpected(path + ": the OCSP response is a refusal");
  }
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                      const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&leaf)) != 0) continue;
    ASN1_GENERALIZEDTIME* until = nullptr;
    if (OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &until) !=
        V_OCSP_CERTSTATUS_GOOD) {
      return std::unexpected(path + ": the OCSP response does not call the certificate good");
    }
    Staple staple{.der = std::move(*bytes), .until = unix_time(until)};
    if (staple.until < seconds(now)) return std::unexpected(path + ": outdated");
    return staple;
  }
  return std::unexpected(path + ": the OCSP response is about another certificate");
}

std::vector<std::string> dns_names(X509& leaf) {
  std::vector<std::string> names;
  auto* all =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const ASN1_STRING* text = name->d.dNSName;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<size_t>(ASN1_STRING_length(text))}));
  }
  GENERAL_NAMES_free(all);
  ERR_clear_error();
  return names;
}

bool covers(X509& leaf, std::string_view name) {
  const std::string wanted = lower(name);
  const auto names = dns_names(leaf);
  if (std::ranges::find(names, wanted) != names.end()) return true;
  const size_t dot = wanted.find('.');
  if (wanted.starts_with('*') || dot == std::string::npos) return false;
  return std::ranges::find(names, "*" + wanted.substr(dot)) != names.end();
}

}  // namespace atl::net
