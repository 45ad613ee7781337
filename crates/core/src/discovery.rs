//! The discovery document (OIDC Discovery 1.0 section 3, RFC 8414 section 2). What is
//! advertised must be grantable; what is not advertised must not work.

use serde_json::{Value, json};

use crate::authorize::acr;
use crate::claims;
use crate::client::metadata::GrantType;
use crate::keys::algorithm::Algorithm;
use crate::provider::Settings;
use crate::scope::{STANDARD, ScopeSet};

/// The document: one object for all its paths. `resource_scopes` are those of the resources.
pub fn document(settings: &Settings, resource_scopes: &[String]) -> Value {
    let own = STANDARD.iter().map(|scope| (*scope).to_owned());
    let scopes: ScopeSet = own.chain(resource_scopes.iter().cloned()).collect();
    let mut claims = vec!["sub", "iss", "aud", "azp", "exp", "iat", "auth_time", "acr", "amr"];
    claims.extend(["nonce", "at_hash", "sid"]);
    claims.extend(claims::BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied()));
    let client_authentication = json!(["client_secret_basic", "client_secret_post", "none"]);
    let confidential = json!(["client_secret_basic", "client_secret_post"]);
    json!({
        "issuer": settings.issuer,
        "authorization_endpoint": settings.url("/authorize"),
        "token_endpoint": settings.url("/token"),
        "userinfo_endpoint": settings.url("/userinfo"),
        "jwks_uri": settings.url("/jwks"),
        "introspection_endpoint": settings.url("/introspect"),
        "revocation_endpoint": settings.url("/revoke"),
        "end_session_endpoint": settings.url("/logout"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": GrantType::ALL,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms(settings),
        "token_endpoint_auth_methods_supported": client_authentication,
        "introspection_endpoint_auth_methods_supported": confidential,
        "revocation_endpoint_auth_methods_supported": client_authentication,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "acr_values_supported": acr::SUPPORTED,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "ui_locales_supported": ["en"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
    })
}

/// The enabled algorithms; tokens of Ed25519 say `EdDSA`.
fn algorithms(settings: &Settings) -> Vec<&'static str> {
    settings.keys.algorithms.iter().map(|algorithm: &Algorithm| algorithm.as_str()).collect()
}
