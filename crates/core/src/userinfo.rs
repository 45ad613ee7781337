//! UserInfo (OIDC Core section 5.3).

use serde_json::{Map, Value};

use crate::claims;
use crate::error::{Error, ErrorCode, Refusal};
use crate::provider::Provider;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::token::{liveness, resolve};

/// The claims that the access token's scopes release, and those that the `claims` parameter asked
/// for by name. The token must have the issuer in `aud`, the scope `openid`, and a user.
///
/// # Errors
/// `invalid_token`, or `insufficient_scope` without `openid` (RFC 6750 section 3.1).
pub fn userinfo(provider: &Provider, token: &Secret) -> Result<Map<String, Value>, Error> {
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let claims = resolve::claims((provider, &snapshot), token)?;
    let claims = claims.ok_or_else(|| invalid_token("forged, malformed or unknown"))?;
    let live = liveness::of_token(provider, &claims, now)?.map_err(invalid_token)?;
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let scopes = ScopeSet::parse(scope)?;
    let (Some((grant, user)), true) = (live.grant, scopes.contains("openid")) else {
        let text = "UserInfo needs an access token with the scope openid";
        return Err(Error::refused(ErrorCode::InsufficientScope, text));
    };
    if !resolve::has_audience(&claims, &provider.settings.issuer) {
        return Err(invalid_token("its audience is not the issuer"));
    }
    let mut answer = Map::new();
    answer.insert("sub".into(), grant.subject.as_str().into());
    answer.extend(claims::for_scopes(&user, &scopes));
    answer.extend(claims::requested(&user, &live.client.metadata, &grant.claims.userinfo));
    Ok(answer)
}

fn invalid_token(detail: &'static str) -> Error {
    let text = "The access token is invalid, expired, revoked, or not for this resource";
    Refusal::new(ErrorCode::InvalidToken, text).detail(detail).into()
}
