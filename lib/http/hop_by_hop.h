#pragma once

#include <string_view>

#include "lib/http/field.h"

namespace atl::http {

// RFC 9110 section 7.6.1: fields that concern one connection and are not passed on: the known ones,
// and whatever `all` lists in Connection. (Fields that Connection must not hide, because a cache or
// an origin needs them, are end-to-end whatever it lists: Cache-Control, Content-Length, Host and
// the like.)
bool is_hop_by_hop(std::string_view name, Fields all);

}  // namespace atl::http
