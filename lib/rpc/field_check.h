#pragma once

#include <cstddef>
#include <string_view>

// What either end of atl.v1.Origin demands of the text it receives. Pure.

namespace atl::rpc {

// A field section or trailer section; larger ones are a breach of the contract.
inline constexpr size_t kMaxFieldBlock = size_t{256} << 10;

inline constexpr size_t kMaxFields = 512;

// Field lines `Name: value\r\n`, repeated: every line has a token for a name and ends in CRLF; no
// value holds a control byte but tab. The empty block is valid.
bool valid_field_block(std::string_view block);

// A request target: "*" or begins with "/", without space, control or non-ASCII bytes.
bool valid_target(std::string_view target);

// Host and port, or empty; no byte that could end a field line or a URL's authority.
bool valid_authority(std::string_view authority);

// A reason phrase: no CR, LF or NUL.
bool valid_reason(std::string_view reason);

}  // namespace atl::rpc
