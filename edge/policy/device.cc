#include "edge/policy/device.h"

namespace atl::policy {

Device device_of(std::string_view user_agent) {
  const auto says = [&](std::string_view mark) {
    return user_agent.find(mark) != std::string_view::npos;
  };
  if (says("iPad") || says("Tablet") || says("Kindle") || says("Silk/") || says("PlayBook")) {
    return Device::Tablet;
  }
  if (says("Mobi") || says("iPhone") || says("iPod") || says("Windows Phone") ||
      says("Opera Mini") || says("BlackBerry")) {
    return Device::Mobile;
  }
  return says("Android") ? Device::Tablet : Device::Desktop;
}

}  // namespace atl::policy
