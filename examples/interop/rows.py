"""The rows of the table, in its order. A step of a story is a method with the name of its row."""

WORKS = {
    "discovery": "Discovery names the issuer, the JWKS holds its keys",
    "login_form": "The user is sent to the login form: code flow, S256, state",
    "wrong_password": "A wrong password stays at Keywright",
    "consent": "Consent names the application and its scopes",
    "tokens": "Code for tokens, ID token verified, claims from UserInfo",
    "client_credentials": "A token in the client's own name: client credentials",
    "api_call": "The API accepts the access token by the published keys",
    "cors": "Scripts of another origin may read what reads no cookie (CORS)",
    "refresh": "Refresh, and the API accepts the new access token",
    "introspection": "The API introspects the token before it deletes",
    "revocation": "Once revoked, introspection and refresh refuse",
    "single_sign_on": "A second login asks for no password",
    "logout": "Logout ends the session at both",
}

REFUSED = {
    "no_token": "No token",
    "missing_scope": "A token without the scope",
    "foreign_audience": "A token for another API",
    "id_token": "An ID token in place of an access token",
    "tampered_token": "A tampered token",
    "unsigned_token": "An unsigned token",
    "expired_token": "An expired token",
    "wrong_secret": "A wrong client secret",
    "wrong_redirect_uri": "A redirect URI that is not registered",
    "expired_code": "An expired code",
    "replayed_code": "A code used twice, and then all that it gave",
    "disabled_user": "A disabled user: refresh, introspection, login",
    "disabled_client": "A disabled client: refresh, login",
}

TITLES = {**WORKS, **REFUSED}
