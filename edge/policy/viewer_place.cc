#include "edge/policy/viewer_place.h"

#include "lib/http/field_lookup.h"

namespace atl::policy {

ViewerPlace place_said(http::Fields fields) {
  ViewerPlace place;
  for (const PlaceField& field : kPlaceFields) {
    place.*field.value = http::value_of(fields, field.name).value_or("");
  }
  return place;
}

}  // namespace atl::policy
