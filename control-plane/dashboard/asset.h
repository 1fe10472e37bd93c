#pragma once

#include <span>
#include <string_view>

namespace atl::control {

// One file of the web application. Everything lives as long as the program.
struct Asset {
  std::string_view path;  // "/" or "/dashboard/NAME"
  std::string_view type;  // Content-Type
  std::string_view hash;  // of the content, hexadecimal
  bool lasting = false;   // its path changes with its content
  std::string_view content;
  std::string_view gzip;  // the content compressed; empty: not worth it
};

// What the build put into the program (web/build.mjs); none when it was built without
// (ATOLL_DASHBOARD=OFF).
std::span<const Asset> bundled_assets();

}  // namespace atl::control
