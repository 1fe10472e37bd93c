#include "lib/geo/record.h"

#include <algorithm>

namespace atl::geo {
namespace {

bool is_country(std::string_view code) {
  return code.size() == 2 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         code != "ZZ";  // "unknown" in several databases
}

std::optional<Coordinates> place(std::optional<double> latitude, std::optional<double> longitude) {
  if (!latitude || !longitude) return std::nullopt;
  const Coordinates found{*latitude, *longitude};
  if (!valid(found) || found == Coordinates{}) return std::nullopt;
  return found;
}

}  // namespace

Finding interpret(const Record& record) {
  Finding finding;
  for (const std::string_view code :
       {record.country, record.flat_country, record.registered_country}) {
    if (finding.country.empty() && is_country(code)) finding.country = code;
  }
  finding.city = record.city.empty() ? record.flat_city : record.city;
  finding.place = place(record.latitude, record.longitude);
  if (!finding.place) finding.place = place(record.flat_latitude, record.flat_longitude);
  return finding;
}

}  // namespace atl::geo
