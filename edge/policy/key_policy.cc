#include "edge/policy/key_policy.h"

#include <string_view>

#include "edge/policy/request_shape.h"

namespace atl::policy {

std::string KeyPolicy::vary() const {
  std::string names;
  const auto add = [&](std::string_view name) {
    if (!names.empty()) names.push_back(',');
    names.append(name);
  };
  for (const std::string& header : headers) add(header);
  // Without cookies there is nothing to tell apart.
  if (cookies.mode != Selection::Mode::AsIs && cookies.mode != Selection::Mode::None) add("Cookie");
  if (device) {
    for (const DeviceField& field : kDeviceFields) add(field.name);
  }
  for (const PlaceField& field : kPlaceFields) {
    if (place >= field.least) add(field.name);
  }
  return names;
}

}  // namespace atl::policy
