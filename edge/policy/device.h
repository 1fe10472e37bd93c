#pragma once

#include <cstdint>
#include <string_view>

namespace atl::policy {

enum class Device : uint8_t { Desktop, Tablet, Mobile };

// A guess from User-Agent, by the marks that vendors document: "Mobi" for phones, Android without
// "Mobile" for tablets (developer.mozilla.org, "Browser detection using the user agent"). What is
// unknown is a desktop. Does not allocate.
Device device_of(std::string_view user_agent);

}  // namespace atl::policy
