#pragma once

#include <expected>
#include <string>

namespace atl {

// A command line tells a person what went wrong, with the file, the line or the address in it, so
// its errors are sentences made at run time instead of atl::Error's static text.
template <class T>
using Outcome = std::expected<T, std::string>;

}  // namespace atl
