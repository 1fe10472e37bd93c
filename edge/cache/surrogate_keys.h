#pragma once

#include <cstdint>
#include <string_view>

namespace atl::cache {

// Surrogate keys ("tags") are what a response says in Surrogate-Key, separated by blanks, or in
// Cache-Tag, separated by commas; both are read leniently. A stored head is searched for them with
// its hidden part, which is where clients do not look.
bool has_surrogate_key(std::string_view head, std::string_view key);

// A Bloom filter of 64 bits over the keys of a head, two bits a key: a purge by tag looks at it, in
// the index, before it looks at an object. Of heads with three keys one in a hundred is looked at
// in vain, with 20 one in five; without keys it is 0.
using KeyFilter = uint64_t;
KeyFilter key_filter(std::string_view head);
KeyFilter key_bits(std::string_view key);
constexpr bool may_have(KeyFilter filter, KeyFilter bits) { return (filter & bits) == bits; }

}  // namespace atl::cache
