"""Keywright as the example's machines use it: discovery, keys, tokens."""

import jwt
import requests

TIMEOUT = 30  # seconds


class Provider:
    """An OpenID provider found by discovery."""

    def __init__(self, issuer):
        self.issuer = issuer
        answer = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT)
        answer.raise_for_status()
        self.metadata = answer.json()

    def keys(self):
        """The published keys (RFC 7517)."""
        answer = requests.get(self.metadata["jwks_uri"], timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()["keys"]

    def token(self, client, **parameters):
        """Asks the token endpoint; returns the status and the JSON document."""
        answer = requests.post(
            self.metadata["token_endpoint"],
            data=parameters,
            auth=(client.client_id, client.client_secret),
            timeout=TIMEOUT,
        )
        return answer.status_code, answer.json()

    def machine_token(self, client, scope):
        """An access token for a client in its own name (RFC 6749 section 4.4)."""
        status, document = self.token(client, grant_type="client_credentials", scope=scope)
        assert status == 200, f"client_credentials for {scope}: {status} {document}"
        return document["access_token"]

    def verify(self, token, audience):
        """The claims of a token, after verifying signature, issuer, audience and expiry."""
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in self.keys() if key["kid"] == kid)
        return jwt.decode(
            token, jwt.PyJWK(key).key, algorithms=[key["alg"]], audience=audience, issuer=self.issuer
        )
