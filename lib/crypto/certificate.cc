#include "lib/crypto/certificate.h"

#include <openssl/pem.h>

#include <ctime>

#include "lib/base/check.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/openssl_handles.h"

namespace atl::crypto {
namespace {

constexpr const char* kSubject = "atoll";
constexpr const char* kRootSubject = "atoll authority";

Owned<X509> parse(std::string_view pem) {
  Owned<X509> certificate(PEM_read_bio_X509(bio_over(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return certificate;
}

std::string to_pem(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  ATOLL_CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
  return bytes_of(bio.get());
}

bool set_subject(X509* certificate, const char* name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                                    -1, 0) == 1;
}

bool set_serial(X509* certificate, const Serial& serial) {
  const Owned<BIGNUM> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_time(ASN1_TIME* time, WallTime to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(to).time_since_epoch().count();
  return ASN1_TIME_set(time, seconds) != nullptr;
}

bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Not as text for OpenSSL to parse, where a comma would begin another name.
bool add_name(GENERAL_NAMES* names, int kind, const std::string& text) {
  ASN1_IA5STRING* string = ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (string == nullptr || name == nullptr) return false;
  GENERAL_NAME_set0_value(name, kind, string);
  return ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1 &&
         sk_GENERAL_NAME_push(names, name) > 0;
}

bool add_names(X509* certificate, const CertificateSpec& spec) {
  const Owned<GENERAL_NAMES> names(sk_GENERAL_NAME_new_null());
  if (!add_name(names.get(), GEN_URI, spec.uri)) return false;
  if (!spec.dns.empty() && !add_name(names.get(), GEN_DNS, spec.dns)) return false;
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

bool fill(X509* certificate, const CertificateSpec& spec) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         set_serial(certificate, spec.serial) &&
         set_time(X509_getm_notBefore(certificate), spec.not_before) &&
         set_time(X509_getm_notAfter(certificate), spec.not_after);
}

WallTime to_wall(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallTime{};
  return WallTime{std::chrono::seconds{timegm(&parts)}};
}

// Empty if there is none, or several: nobody is two.
std::string only_uri(X509* certificate) {
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  std::string uri;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (!uri.empty()) return {};
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return uri;
}

Digest fingerprint_of(X509* certificate) {
  Digest digest{};
  unsigned size = digest.size();
  ATOLL_CHECK(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1);
  return digest;
}

}  // namespace

std::string make_root(const PrivateKey& key, const CertificateSpec& spec) {
  const Owned<X509> made(X509_new());
  X509* const root = made.get();
  ATOLL_CHECK(root != nullptr && fill(root, spec) && set_subject(root, kRootSubject) &&
              X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
              X509_set_pubkey(root, key.raw()) == 1 && add_names(root, spec) &&
              extend(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
              extend(root, root, NID_key_usage, "critical,keyCertSign") &&
              extend(root, root, NID_subject_key_identifier, "hash") &&
              X509_sign(root, key.raw(), EVP_sha256()) > 0);
  return to_pem(root);
}

std::expected<std::string, const char*> issue(const PrivateKey& root_key, std::string_view root,
                                              const CertificateRequest& request,
                                              const CertificateSpec& spec) {
  const Owned<X509> issuer = parse(root);
  if (issuer == nullptr) return std::unexpected("the authority's certificate is not readable");
  const Owned<X509> made(X509_new());
  X509* const leaf = made.get();
  const bool good = leaf != nullptr && fill(leaf, spec) && set_subject(leaf, kSubject) &&
                    X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) == 1 &&
                    X509_set_pubkey(leaf, request.key.get()) == 1 && add_names(leaf, spec) &&
                    extend(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature") &&
                    extend(leaf, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
                    extend(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always") &&
                    X509_sign(leaf, root_key.raw(), EVP_sha256()) > 0;
  ERR_clear_error();
  if (!good) return std::unexpected("OpenSSL could not make the certificate");
  return to_pem(leaf);
}

std::expected<CertificateInfo, const char*> read_certificate(std::string_view pem) {
  const Owned<X509> certificate = parse(pem);
  if (certificate == nullptr) return std::unexpected("no certificate in PEM format");
  CertificateInfo info;
  const Owned<BIGNUM> serial(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr));
  if (serial == nullptr || BN_is_negative(serial.get()) != 0 ||
      BN_bn2binpad(serial.get(), info.serial.data(), static_cast<int>(info.serial.size())) < 0) {
    ERR_clear_error();
    return std::unexpected("its serial number is none of ours");
  }
  info.uri = only_uri(certificate.get());
  info.not_before = to_wall(X509_get0_notBefore(certificate.get()));
  info.not_after = to_wall(X509_get0_notAfter(certificate.get()));
  info.fingerprint = fingerprint_of(certificate.get());
  return info;
}

std::string find_certificate(std::string_view pem, const Digest& fingerprint) {
  const Owned<BIO> bio = bio_over(pem);
  std::string found;
  while (found.empty()) {
    const Owned<X509> next(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (next == nullptr) break;
    if (equal(fingerprint_of(next.get()), fingerprint)) found = to_pem(next.get());
  }
  ERR_clear_error();
  return found;
}

const char* find_mismatch(std::string_view pem, const PrivateKey& key, std::string_view root) {
  const Owned<X509> leaf = parse(pem);
  const Owned<X509> issuer = parse(root);
  if (leaf == nullptr || issuer == nullptr) return "no certificate in PEM format";
  const bool ours = X509_check_private_key(leaf.get(), key.raw()) == 1;
  const bool signed_by_root = X509_check_issued(issuer.get(), leaf.get()) == X509_V_OK &&
                              X509_verify(leaf.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  if (!ours) return "the certificate is not of this key";
  if (!signed_by_root) return "the certificate was not signed by this authority";
  return nullptr;
}

}  // namespace atl::crypto
