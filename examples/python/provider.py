"""Keywright as the site uses it, by Authlib."""

from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session

SCOPE = "openid profile email notes:read notes:write"


class Provider:
    """An OpenID provider, found from its issuer alone."""

    def __init__(self, site, issuer, client_id, client_secret):
        self._client = OAuth(site).register(
            "keywright",
            client_id=client_id,
            client_secret=client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
        )

    def begin(self, redirect_uri):
        """The answer that sends the browser to Keywright. State, nonce and the PKCE verifier
        are left in Flask's session."""
        return self._client.authorize_redirect(redirect_uri)

    def finish(self):
        """Tokens and user, for the request that Flask handles right now."""
        tokens = self._client.authorize_access_token()
        return {"tokens": tokens, "user": self._client.userinfo(token=tokens)}

    def refresh(self, tokens):
        """New tokens. What the answer lacks stays as it was."""
        with self._machine() as machine:
            return {**tokens, **machine.refresh_token(refresh_token=tokens["refresh_token"])}

    def revoke(self, tokens):
        """Ends the grant: the refresh token and every access token that came from it."""
        endpoint = self._client.load_server_metadata()["revocation_endpoint"]
        with self._machine() as machine:
            machine.revoke_token(endpoint, tokens["refresh_token"]).raise_for_status()

    def logout(self, tokens, afterwards):
        """Where to send the browser to end the session at Keywright, too."""
        return self._client.create_logout_url(afterwards, tokens["id_token"])["url"]

    def _machine(self):
        """The client apart from any browser."""
        metadata = self._client.load_server_metadata()
        return OAuth2Session(
            self._client.client_id,
            self._client.client_secret,
            token_endpoint=metadata["token_endpoint"],
        )
