"""What every API must refuse, with tokens that the suite gets by itself."""

import base64
import json
import time

import jwt

from .keywright import ARCHIVE, NOTES
from .probe import Api, Provider, until


class ApiRefusals:
    """Steps that need nothing of an example but the address of its API."""

    ROWS = (
        "no_token",
        "missing_scope",
        "foreign_audience",
        "id_token",
        "tampered_token",
        "unsigned_token",
        "expired_token",
    )

    def __init__(self, stage):
        self.provider = Provider(stage.issuer)
        self.api = Api(stage.api + stage.example.notes)
        self._tokens = None

    def no_token(self):
        """RFC 6750 section 3: a challenge without an error code."""
        self.api.refuses(None)

    def missing_scope(self):
        """The robot may read, not write."""
        token = self.provider.machine_token("notes:read")
        read = self.api.call("GET", token)
        assert read.status_code == 200, f"the API refuses the robot: {read.status_code}"
        written = self.api.call("POST", token, json={"text": "not allowed"})
        assert written.status_code == 403, f"the API answered {written.status_code}"

    def foreign_audience(self):
        """The token is good, for the archive."""
        token = self.provider.machine_token("archive:read")
        self.provider.verify(token, ARCHIVE)
        self.api.refuses(token)

    def id_token(self):
        """RFC 9068 section 4: the type and the audience tell them apart."""
        token = self._user_tokens()["id_token"]
        self.provider.verify(token, "spa")
        self.api.refuses(token)

    def tampered_token(self):
        """Other claims under the same signature; the same claims under another one."""
        header, payload, signature = self._good_token().split(".")
        claims = json.loads(_decode(payload))
        forged = _encode(json.dumps({**claims, "sub": "else", "user_id": "else"}).encode())
        self.api.refuses(f"{header}.{forged}.{signature}")
        flipped = bytearray(_decode(signature))
        flipped[0] ^= 1
        self.api.refuses(f"{header}.{payload}.{_encode(bytes(flipped))}")

    def unsigned_token(self):
        """RFC 8725 section 3.1: `alg` none."""
        token = self._good_token()
        header = {**jwt.get_unverified_header(token), "alg": "none"}
        head = _encode(json.dumps(header).encode())
        self.api.refuses(f"{head}.{token.split('.')[1]}.")

    def expired_token(self):
        """The robot's tokens live for four seconds."""
        token = self.provider.machine_token("notes:read")
        expires = self.provider.verify(token, NOTES)["exp"]
        assert expires - time.time() <= 10, "the token lives too long to wait for"
        accepted = self.api.call("GET", token).status_code
        assert accepted == 200, f"refused while valid: {accepted}"
        until(lambda: self.api.call("GET", token).status_code == 401, seconds=30)
        assert time.time() >= expires, "refused before it expired"

    def _good_token(self):
        token = self._user_tokens()["access_token"]
        answer = self.api.call("GET", token)
        assert answer.status_code == 200, f"the API answered {answer.status_code} {answer.text}"
        return token

    def _user_tokens(self):
        self._tokens = self._tokens or self.provider.user_tokens()
        return self._tokens


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
