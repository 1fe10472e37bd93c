#include "control-plane/dns/signer.h"

#include <xxhash.h>

#include <utility>

#include "control-plane/dns/ldns_handles.h"

namespace atl::dns {
namespace {

constexpr uint32_t kDay = 86'400;          // seconds
constexpr uint32_t kValidity = 15 * kDay;  // from the beginning of the day
using LdnsKeys = std::unique_ptr<ldns_key_list, FreeWith<ldns_key_list_free>>;

}  // namespace

struct Signer::State {
  std::shared_ptr<const SigningKey> key;
  std::string zone;
  LdnsKeys keys{ldns_key_list_new()};
};

size_t Signer::Hash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

Signer::Signer(std::shared_ptr<const SigningKey> key, std::string_view zone)
    : state_(std::make_unique<State>()) {
  state_->key = std::move(key);
  state_->zone = zone;
  LdnsKey made = make_key(state_->key->text(), zone);  // it could be read before
  if (made != nullptr) ldns_key_list_push_key(state_->keys.get(), made.release());
}

Signer::~Signer() = default;

bool Signer::is_for(const std::shared_ptr<const SigningKey>& key, std::string_view zone) const {
  return state_->key == key && state_->zone == zone;
}

std::string_view Signer::sign(const Set& set, uint32_t now) {
  const uint32_t day = now / kDay;
  if (day != day_) {
    young_.clear();
    old_.clear();
    day_ = day;
  }
  key_.assign(set.owner);
  const uint32_t numbers[2] = {static_cast<uint32_t>(set.type), set.ttl};
  key_.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  for (const std::string_view data : set.data) {
    const auto size = static_cast<uint16_t>(data.size());
    key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    key_ += data;
  }
  if (const auto found = young_.find(std::string_view(key_)); found != young_.end()) {
    return found->second;
  }
  if (young_.size() >= kMostYoung) {
    old_ = std::exchange(young_, {});
  }
  std::string signature;
  if (const auto found = old_.find(std::string_view(key_)); found != old_.end()) {
    signature = std::move(found->second);
    old_.erase(found);
  } else {
    signature = make(set, day);
  }
  return young_.emplace(key_, std::move(signature)).first->second;
}

std::string Signer::make(const Set& set, uint32_t day) {
  const LdnsRecords records(ldns_rr_list_new());
  for (const std::string_view data : set.data) {
    LdnsRecord record = make_record(set.owner, set.type, set.ttl, data);
    if (record == nullptr) return {};
    ldns_rr_list_push_rr(records.get(), record.release());
  }
  if (ldns_key_list_key_count(state_->keys.get()) == 0) return {};
  ldns_key* key = ldns_key_list_key(state_->keys.get(), 0);
  ldns_key_set_inception(key, (day - 1) * kDay);
  ldns_key_set_expiration(key, day * kDay + kValidity);
  const LdnsRecords signatures(ldns_sign_public(records.get(), state_->keys.get()));
  if (signatures == nullptr || ldns_rr_list_rr_count(signatures.get()) != 1) return {};
  return data_of(ldns_rr_list_rr(signatures.get(), 0));
}

}  // namespace atl::dns
