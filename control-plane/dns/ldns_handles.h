#pragma once

#include <ldns/ldns.h>
// It defines these, for C before 1999, and so breaks what comes after it.
#undef bool
#undef true
#undef false

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "control-plane/dns/wire.h"

// Owners of what ldns allocates. For the sources of control-plane/dns and tests.

namespace atl::dns {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using LdnsKey = std::unique_ptr<ldns_key, FreeWith<ldns_key_deep_free>>;
using LdnsRecord = std::unique_ptr<ldns_rr, FreeWith<ldns_rr_free>>;
using LdnsRecords = std::unique_ptr<ldns_rr_list, FreeWith<ldns_rr_list_deep_free>>;
using LdnsText = std::unique_ptr<char, FreeWith<std::free>>;

// A record from its parts in wire form. Null: the data is not that of such a record.
inline LdnsRecord make_record(std::string_view owner, Type type, uint32_t ttl,
                              std::string_view data) {
  std::string wire(owner);
  const auto put = [&wire](uint32_t value, int octets) {
    for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
      wire += static_cast<char>(value >> shift & 0xff);
    }
  };
  put(static_cast<uint16_t>(type), 2);
  put(static_cast<uint16_t>(Class::In), 2);
  put(ttl, 4);
  put(static_cast<uint32_t>(data.size()), 2);
  wire += data;
  ldns_rr* record = nullptr;
  size_t at = 0;
  const auto* octets = reinterpret_cast<const uint8_t*>(wire.data());
  if (ldns_wire2rr(&record, octets, wire.size(), &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK) {
    return nullptr;
  }
  return LdnsRecord(record);
}

// The data of a record in wire form.
inline std::string data_of(const ldns_rr* record) {
  std::string data;
  for (size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    data.append(reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field));
  }
  return data;
}

// A key from text in private key format, owned by the name `zone`, in wire form. Null if it is
// none.
inline LdnsKey make_key(const std::string& text, std::string_view zone) {
  const std::unique_ptr<FILE, FreeWith<std::fclose>> file(
      fmemopen(const_cast<char*>(text.data()), text.size(), "r"));
  ldns_key* raw = nullptr;
  if (file == nullptr || ldns_key_new_frm_fp(&raw, file.get()) != LDNS_STATUS_OK) return nullptr;
  LdnsKey key(raw);
  ldns_key_set_pubkey_owner(raw,
                            ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, zone.size(), zone.data()));
  ldns_key_set_flags(raw, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
  const LdnsRecord record(ldns_key2rr(raw));
  if (record == nullptr) return nullptr;
  ldns_key_set_keytag(raw, ldns_calc_keytag(record.get()));
  return key;
}

}  // namespace atl::dns
