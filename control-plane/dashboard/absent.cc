#include "control-plane/dashboard/asset.h"

namespace atl::control {

std::span<const Asset> bundled_assets() { return {}; }

}  // namespace atl::control
