#include "lib/geo/database.h"

#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace atl::geo {

struct Database::State {
  MMDB_s handle{};
  bool opened = false;
  ~State() {
    if (opened) MMDB_close(&handle);
  }
};

namespace {

using Path = const char* const*;

std::string_view text_at(MMDB_entry_s& entry, Path path) {
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
      data.type != MMDB_DATA_TYPE_UTF8_STRING) {
    return {};
  }
  return {data.utf8_string, data.data_size};
}

std::optional<double> number_at(MMDB_entry_s& entry, Path path) {
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return std::nullopt;
  switch (data.type) {
    case MMDB_DATA_TYPE_DOUBLE:
      return data.double_value;
    case MMDB_DATA_TYPE_FLOAT:
      return data.float_value;
    case MMDB_DATA_TYPE_INT32:
      return data.int32;
    default:
      return std::nullopt;
  }
}

template <class... Keys>
std::string_view text(MMDB_entry_s& entry, Keys... keys) {
  const char* const path[] = {keys..., nullptr};
  return text_at(entry, path);
}

template <class... Keys>
std::optional<double> number(MMDB_entry_s& entry, Keys... keys) {
  const char* const path[] = {keys..., nullptr};
  return number_at(entry, path);
}

Record read_record(MMDB_entry_s& entry) {
  Record record;
  record.flat_country = text(entry, "country_code");
  record.country = text(entry, "country", "iso_code");
  record.registered_country = text(entry, "registered_country", "iso_code");
  record.flat_city = text(entry, "city");
  record.city = text(entry, "city", "names", "en");
  record.flat_latitude = number(entry, "latitude");
  record.flat_longitude = number(entry, "longitude");
  record.latitude = number(entry, "location", "latitude");
  record.longitude = number(entry, "location", "longitude");
  return record;
}

MMDB_lookup_result_s look_up(const MMDB_s& handle, const Address& address, int& error) {
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
    return MMDB_lookup_sockaddr(&handle, reinterpret_cast<const sockaddr*>(&v4), &error);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
  return MMDB_lookup_sockaddr(&handle, reinterpret_cast<const sockaddr*>(&v6), &error);
}

}  // namespace

Database::Database(std::string path, std::unique_ptr<State> state)
    : path_(std::move(path)), state_(std::move(state)) {}
Database::~Database() = default;

std::expected<std::shared_ptr<const Database>, std::string> Database::open(
    const std::string& path) {
  auto state = std::make_unique<State>();
  errno = 0;
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &state->handle);
  if (status != MMDB_SUCCESS) {
    const std::string why =
        (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) && errno != 0
            ? std::generic_category().message(errno)
            : std::string(MMDB_strerror(status));
    return std::unexpected(fmt::format("{}: not readable as a geo database: {}", path, why));
  }
  state->opened = true;
  return std::shared_ptr<const Database>(new Database(path, std::move(state)));
}

Database::Answer Database::find(const Address& address) const {
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s found = look_up(state_->handle, address, error);
  if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) return {};
  if (error != MMDB_SUCCESS) return {{}, 128, true};
  // The depth is counted from the root that was used: 32 bits deep in an IPv4 tree, 128 in an IPv6
  // tree, whatever the address.
  Answer answer;
  const unsigned bits = found.netmask;
  const bool v4_tree = state_->handle.metadata.ip_version == 4;
  answer.prefix_length = static_cast<uint8_t>(v4_tree ? bits + 96 : bits);
  if (found.found_entry) answer.finding = interpret(read_record(found.entry));
  return answer;
}

std::string Database::type() const {
  const char* type = state_->handle.metadata.database_type;
  return type == nullptr ? "" : type;
}

uint64_t Database::build_epoch() const { return state_->handle.metadata.build_epoch; }

}  // namespace atl::geo
