#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lib/http/field.h"

namespace atl::policy {

// How closely an origin, and with it the cache, tells clients apart by where they are.
enum class PlaceLevel : uint8_t { None, Country, City };

// Where a client is, as its address says. Empty: not known.
struct ViewerPlace {
  std::string_view country;  // ISO 3166-1, two upper-case letters
  std::string_view city;     // English, UTF-8
};

// What an origin is told of it, by the names that AWS gives these fields.
struct PlaceField {
  std::string_view name;
  PlaceLevel least;  // of the behaviour
  std::string_view ViewerPlace::* value;
};
inline constexpr std::array<PlaceField, 2> kPlaceFields{
    {{"CloudFront-Viewer-Country", PlaceLevel::Country, &ViewerPlace::country},
     {"CloudFront-Viewer-City", PlaceLevel::City, &ViewerPlace::city}}};

// What these fields say. Only of a request that another edge has made: clients are not believed.
ViewerPlace place_said(http::Fields fields);

}  // namespace atl::policy
