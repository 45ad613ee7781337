"""An API that accepts Keywright's access tokens.

Reading and adding is decided by the token alone: signature, issuer, audience, expiry, scope. That
needs no call, and a token that was revoked is good for its remaining minutes. Deleting cannot be
undone, so there the API asks Keywright whether the token is still alive.
"""

import os
import time

import requests
from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from flask import Flask, request

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
TIMEOUT = 10  # seconds
KEYS_LIFETIME = 300  # seconds; Keywright publishes a key a day before it signs

metadata = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=TIMEOUT).json()


class ByKeys(JWTBearerTokenValidator):
    """Decides by the published keys (RFC 9068 section 4)."""

    def __init__(self):
        super().__init__(ISSUER, AUDIENCE)
        self._keys, self._fetched = None, 0

    def get_jwks(self):
        if self._keys is None or time.monotonic() - self._fetched > KEYS_LIFETIME:
            answer = requests.get(metadata["jwks_uri"], timeout=TIMEOUT)
            answer.raise_for_status()
            self._keys, self._fetched = answer.json(), time.monotonic()
        return self._keys


class ByAsking(IntrospectTokenValidator):
    """Asks Keywright (RFC 7662)."""

    def introspect_token(self, token_string):
        who = os.environ["API_CLIENT_ID"], os.environ["API_CLIENT_SECRET"]
        with OAuth2Session(*who) as session:
            answer = session.introspect_token(metadata["introspection_endpoint"], token_string)
        answer.raise_for_status()
        return answer.json()


needs = ResourceProtector()
needs.register_token_validator(ByKeys())
needs_live_token = ResourceProtector()
needs_live_token.register_token_validator(ByAsking())

api = Flask(__name__)
notes = {}  # by `sub`


@api.get("/notes")
@needs("notes:read")
def list_notes():
    """The caller's notes, oldest first."""
    return notes.get(current_token["sub"], [])


@api.post("/notes")
@needs("notes:write")
def add_note():
    """Adds a note."""
    note = {"text": str((request.get_json() or {}).get("text", ""))[:500]}
    notes.setdefault(current_token["sub"], []).append(note)
    return note, 201


@api.delete("/notes")
@needs("notes:write")
@needs_live_token("notes:write")
def delete_notes():
    """Deletes the caller's notes."""
    notes.pop(current_token["sub"], None)
    return "", 204


if __name__ == "__main__":
    api.run("127.0.0.1", int(os.environ.get("PORT", "3001")))
