#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/http/field.h"

namespace atl::http {

// A field block is `Name: value\r\n` repeated, as proto/origin.proto carries it.

// Splits a block into views of it, replacing what `out` held. Invalid when a line is not a token, a
// colon and a value without CR, LF, NUL or other control bytes; TooLarge past `max_fields`.
Result<void> split_field_block(std::string_view block, std::vector<Field>& out,
                               size_t max_fields = 512);

// Appends one line. The caller vouches for name and value.
void append_field(std::string& block, std::string_view name, std::string_view value);

}  // namespace atl::http
