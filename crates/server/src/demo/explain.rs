//! What the names mean, in a sentence each.

/// What a parameter of an authorization or logout request is for.
pub(super) fn parameter(name: &str) -> &'static str {
    match name {
        "response_type" => "We want a code, which only our server can exchange for tokens.",
        "client_id" => "Who asks: the name under which Keywright knows this application.",
        "redirect_uri" => "Where the answer goes; it must be registered, to the letter.",
        "scope" => "What we ask for: openid for an ID token, the rest for claims and the API.",
        "state" => "A random value that comes back: the answer belongs to this browser.",
        "nonce" => "A random value that comes back inside the ID token: it is not a replay.",
        "code_challenge" => "The hash of a secret that we show with the code (PKCE, RFC 7636).",
        "code_challenge_method" => "How it was hashed: SHA-256.",
        "prompt" => "Asks for a page that might have been skipped, or (none) for no page at all.",
        "code" => "Good once, for a minute, and only together with our secrets.",
        "iss" => "Who answers (RFC 9207): it must be the server that we asked.",
        "error" => "Why there is no code.",
        "error_description" => "The same for developers.",
        "id_token_hint" => "The ID token: who is to be logged out, and who asks for it.",
        "post_logout_redirect_uri" => "Where to go afterwards; it must be registered, too.",
        _ => "",
    }
}

/// What a claim says.
pub(super) fn claim(name: &str) -> &'static str {
    match name {
        "iss" => "who made the token",
        "sub" => "the user: never changes, unlike a name or an e-mail address",
        "aud" => "for whom it is; everybody else must refuse it",
        "azp" => "the application that asked for it",
        "client_id" => "the application that holds it",
        "exp" => "when it expires",
        "iat" => "when it was made",
        "auth_time" => "when the user logged in",
        "nonce" => "the random value of our request",
        "acr" => "how strong the login was",
        "amr" => "how the user logged in",
        "at_hash" => "ties the access token to this ID token",
        "sid" => "the session at Keywright",
        "jti" => "a name for this one token",
        "scope" => "what it allows",
        "name" | "email" | "email_verified" | "groups" | "preferred_username" => "about the user",
        _ => "",
    }
}

/// The claims that are instants.
pub(super) fn is_instant(name: &str) -> bool {
    matches!(name, "exp" | "iat" | "auth_time" | "nbf")
}

/// What an error of the authorization endpoint means here.
pub(super) fn error(code: &str) -> &'static str {
    match code {
        "access_denied" => "The user said no. An application must live with that.",
        "login_required" => "Nobody is logged in, and we asked for no page to be shown.",
        "consent_required" => "The user would have to be asked, and we wanted no page to be shown.",
        _ => "Keywright refused the request.",
    }
}
