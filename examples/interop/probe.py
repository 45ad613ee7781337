"""Keywright and the APIs as the suite itself asks them, apart from any example."""

import base64
import hashlib
import secrets
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

from .browser import Browser
from .keywright import CLIENTS, USER

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

    def token(self, client_id, **parameters):
        """Asks the token endpoint; returns the JSON document of its success."""
        secret = CLIENTS[client_id].get("client_secret")
        public = {} if secret else {"client_id": client_id}
        answer = requests.post(
            self.metadata["token_endpoint"],
            data={**parameters, **public},
            auth=(client_id, secret) if secret else None,
            timeout=TIMEOUT,
        )
        assert answer.status_code == 200, f"{client_id}: {answer.status_code} {answer.text}"
        return answer.json()

    def machine_token(self, scope):
        """A short-lived access token of the robot's (RFC 6749 section 4.4)."""
        granted = self.token("robot", grant_type="client_credentials", scope=scope)
        return granted["access_token"]

    def user_tokens(self):
        """Tokens of the user's: a login with no library and no example."""
        verifier = secrets.token_urlsafe(48)
        challenge = hashlib.sha256(verifier.encode()).digest()
        redirect_uri = CLIENTS["spa"]["redirect_uris"][0]
        query = {
            "response_type": "code",
            "client_id": "spa",
            "redirect_uri": redirect_uri,
            "scope": "openid notes:read notes:write",
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        browser = Browser()
        browser.hold_before(redirect_uri)
        browser.open(f"{self.metadata['authorization_endpoint']}?{urlencode(query)}")
        give_what_is_asked(browser, self.issuer)
        answer = parse_qs(urlsplit(browser.held).query)
        return self.token(
            "spa",
            grant_type="authorization_code",
            code=answer["code"][0],
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )

    def verify(self, token, audience):
        """The claims of a token, after verifying signature, issuer, audience and expiry."""
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in self.keys() if key["kid"] == kid)
        return jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=[key["alg"]],
            audience=audience,
            issuer=self.issuer,
        )


class Api:
    """A notes API as a caller with a token in hand sees it."""

    def __init__(self, url):
        self._url = url

    def call(self, method, token=None, **more):
        """Asks it; returns the answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.request(method, self._url, headers=headers, timeout=TIMEOUT, **more)

    def refuses(self, token):
        """Checks that the token is refused as RFC 6750 says."""
        answer = self.call("GET", token)
        challenge = answer.headers.get("WWW-Authenticate", "")
        assert answer.status_code == 401, f"the API answered {answer.status_code} {answer.text}"
        assert challenge.lower().startswith("bearer"), f"the challenge is {challenge!r}"


def give_what_is_asked(browser, issuer, password=None):
    """Fills in Keywright's pages until the browser is somewhere else, or stuck."""
    page, asked = browser.page, False
    while page.is_at(issuer) and not browser.held:
        if page.form_with("password") and not asked:
            asked = True
            typed = {"login": USER["login"], "password": password or USER["password"]}
            page = browser.submit(page.form_with("password"), button="accept", **typed)
        elif page.form_with_button("accept") and not page.form_with("password"):
            page = browser.submit(page.form_with_button("accept"), button="accept")
        else:
            break
    return page


def until(holds, seconds=15):
    """Waits for something that becomes true within a stated time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.1)
