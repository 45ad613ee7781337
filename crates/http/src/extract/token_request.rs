//! The form of `/token` (RFC 6749 sections 4.1.3, 4.4.2 and 6) as the request that it makes.

use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;
use keywright_core::token::TokenRequest;

use super::parameters::Parameters;

/// Reads what is left of a form when the client's credentials were taken out. Parameters that no
/// grant asks for are ignored.
///
/// # Errors
/// `invalid_request` for a parameter that is missing, `unsupported_grant_type`.
pub(crate) fn parse(mut form: Parameters) -> Result<TokenRequest, Error> {
    let grant_type = form.require("grant_type")?;
    match grant_type.as_str() {
        "authorization_code" => Ok(TokenRequest::AuthorizationCode {
            code: Secret::new(form.require("code")?),
            redirect_uri: form.take("redirect_uri"),
            code_verifier: form.take("code_verifier").map(Secret::new),
            resources: form.take_all("resource"),
        }),
        "refresh_token" => Ok(TokenRequest::RefreshToken {
            refresh_token: Secret::new(form.require("refresh_token")?),
            scope: form.take("scope"),
            resources: form.take_all("resource"),
        }),
        "client_credentials" => Ok(TokenRequest::ClientCredentials {
            scope: form.take("scope"),
            resources: form.take_all("resource"),
        }),
        _ => Err(Error::refused(
            ErrorCode::UnsupportedGrantType,
            "The grant type is not supported here",
        )),
    }
}
