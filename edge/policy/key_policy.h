#pragma once

#include <string>
#include <vector>

#include "edge/policy/coding.h"
#include "edge/policy/selection.h"
#include "edge/policy/viewer_place.h"

namespace atl::policy {

// What of a request decides which stored response it gets, besides distribution, host and path
// (docs/adr/0008-cache-policy.md). Part of a route table: immutable, made once per snapshot.
struct KeyPolicy {
  // Into the primary key, so each selection of parameters is a resource of its own.
  Selection query;
  // Into the variant key, as if the origin had sent Vary: one purge takes all variants.
  Selection cookies;                    // AsIs: passed on, and no part of the key
  std::vector<std::string> headers;     // names
  bool device = false;                  // CloudFront-Is-Mobile-Viewer and its kin
  PlaceLevel place = PlaceLevel::None;  // CloudFront-Viewer-Country and its kin
  // Not empty: Accept-Encoding becomes the one of these that the client likes best, so that all who
  // like it share a variant, whatever else they wrote.
  std::vector<Coding> codings;

  // All of it that belongs into the variant key, names separated by ","; empty: nothing.
  std::string vary() const;
  // The request is left as it is.
  bool is_plain() const {
    return query.mode == Selection::Mode::AsIs && cookies.mode == Selection::Mode::AsIs &&
           !device && place == PlaceLevel::None && codings.empty();
  }
};

}  // namespace atl::policy
