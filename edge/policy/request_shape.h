#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/policy/device.h"
#include "edge/policy/key_policy.h"
#include "edge/policy/pieces.h"
#include "lib/http/request_head.h"

namespace atl::policy {

// What an origin is told of the device, by the names that AWS gives these fields.
struct DeviceField {
  std::string_view name;
  Device device;
};
inline constexpr std::array<DeviceField, 3> kDeviceFields{
    {{"CloudFront-Is-Desktop-Viewer", Device::Desktop},
     {"CloudFront-Is-Mobile-Viewer", Device::Mobile},
     {"CloudFront-Is-Tablet-Viewer", Device::Tablet}}};

// Makes of a client's request the one that is looked up, stored under and sent to the origin. That
// these three are one and the same is what keeps an input that is no part of the key from poisoning
// the cache. One per worker: its buffers are reused, so that a hit does not allocate.
class RequestShape {
 public:
  enum class Outcome : uint8_t {
    AsIs,    // the request is what it was
    Shaped,  // head() is the request
    TooManyParameters,
    TooManyCookies,
  };

  // `host`: takes the place of the request's authority; empty: nothing does. `place`: where the
  // client is, if the policy asks.
  Outcome make(const http::RequestHead& head, const KeyPolicy& policy, std::string_view host,
               const ViewerPlace& place = {});

  // Its views live until the next make(), and as long as those of what it was made of.
  const http::RequestHead& head() const { return head_; }

 private:
  bool shape_fields(const http::RequestHead& head, const KeyPolicy& policy,
                    const ViewerPlace& place);

  http::RequestHead head_;
  Pieces pieces_;
  std::string target_;
  std::string cookies_;
  std::vector<http::Field> fields_;
};

}  // namespace atl::policy
