#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

// Small files that must survive a crash as a whole. Blocking; not for the hit path. Errors are
// sentences that name the file.

namespace atl {

// Puts `bytes` into the file `path`, replacing what was there: afterwards, also after a crash, the
// file holds either the old bytes or the new ones. Durable when it returns.
// Its mode afterwards is 0640, or 0600 for secrets.
enum class FileAccess : uint8_t { Group, Owner };
std::expected<void, std::string> replace_file(const std::string& path, std::string_view bytes,
                                              FileAccess access = FileAccess::Group);

// The whole file; nullopt when there is none; an error when it cannot be read or is longer than
// `limit` bytes.
std::expected<std::optional<std::string>, std::string> read_file(const std::string& path,
                                                                 size_t limit);

// Creates the directory, with parents, unless it is there; an error when it is not
// writable.
std::expected<void, std::string> make_directory(const std::string& path);

}  // namespace atl
