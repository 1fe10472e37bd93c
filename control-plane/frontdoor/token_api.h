#pragma once

#include <string_view>

#include "control-plane/frontdoor/endpoint.h"
#include "control-plane/frontdoor/reply.h"

// Tokens, sessions and the audit log over HTTP: answers of the endpoints of the same names.

namespace atl::control {

Reply list_tokens(const ApiContext& context, const Call& call);
Reply create_token(const ApiContext& context, const Call& call);
Reply delete_token(const ApiContext& context, const Call& call);

// Who the caller is; logging in puts the token into a cookie that scripts cannot read.
Reply show_session(const ApiContext& context, const Call& call);
Reply begin_session(const ApiContext& context, const Call& call);
Reply end_session(const ApiContext& context, const Call& call);

Reply show_audit(const ApiContext& context, const Call& call);

}  // namespace atl::control
