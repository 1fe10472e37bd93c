#include "control-plane/config/api.h"

#include <fmt/format.h>

#include <string>

#include "lib/trust/exposure.h"

namespace atl::control {

ApiConfig read_api(config::Section section, std::string_view listen) {
  ApiConfig api;
  const std::string authentication =
      section.choice("authentication", {"off", "required"}, std::string("off"));
  if (authentication == "required") api.authentication = Authentication::Required;
  const bool allowed = section.boolean("allow_unprotected", false);
  const bool open = api.authentication == Authentication::Off && !trust::is_loopback(listen);
  if (open && !allowed && !listen.empty()) {
    section.problem(
        "authentication",
        fmt::format("is \"off\", but others than this machine can reach {}: write "
                    "authentication = \"required\" and make a token with `atoll-control token "
                    "create`; or allow_unprotected = true, if the network keeps strangers out",
                    listen));
  }
  if (allowed && !open) {
    section.problem("allow_unprotected",
                    "means something only with authentication = \"off\" and a [control] listen "
                    "that others than this machine can reach");
  }
  return api;
}

}  // namespace atl::control
