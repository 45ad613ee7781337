"""The steps of the story, in order. Each asserts what must hold and returns what it saw."""

import base64
import json
import sqlite3
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import requests

from .api import Api
from .browser import Browser
from .provider import Provider

NOTE = "The engine weaves algebraical patterns."


class Story:
    """What the steps share: the browser, the provider, the API and the tokens seen so far."""

    def __init__(self, settings, site):
        self.settings = settings
        self.site = site
        self.browser = Browser()
        self.api = Api(site.url)
        self.provider = None

    def steps(self):
        """Every step with its title."""
        return [
            ("Discovery names this issuer", self.discovery),
            ("The JWKS holds an RS256 key", self.jwks),
            ("The site sends the browser to Keywright", self.begin),
            ("A wrong password stays at Keywright", self.wrong_password),
            ("The right password asks for consent", self.right_password),
            ("Consent logs the user in at the site", self.consent),
            ("The site adds a note through the API", self.add_note),
            ("The API accepts the access token by JWKS", self.accepted),
            ("The API refuses a request without a token", self.anonymous),
            ("The API refuses what the scope does not allow", self.scope),
            ("The access token is refreshed at Keywright", self.refresh),
            ("A tampered token is refused", self.tampered),
            ("An unsigned token is refused", self.unsigned),
            ("An ID token is not an access token", self.id_token),
            ("A token for another audience is refused", self.other_audience),
            ("A token is refused once it expired", self.expired),
            ("A second login needs no page", self.single_sign_on),
            ("Logout ends the session at both", self.logout),
            ("After logout the refresh token is dead", self.refresh_after_logout),
        ]

    # --- finding Keywright ---------------------------------------------------------------------

    def discovery(self):
        self.provider = Provider(self.settings.issuer)
        said = self.provider.metadata["issuer"]
        assert said == self.settings.issuer, f"issuer is {said!r}"
        assert "S256" in self.provider.metadata["code_challenge_methods_supported"]
        return said

    def jwks(self):
        keys = [key for key in self.provider.keys() if key["alg"] == "RS256"]
        assert keys, "no RS256 key"
        assert all(key["use"] == "sig" and key["kid"] and "d" not in key for key in keys)
        return ", ".join(key["kid"] for key in keys)

    # --- logging in ----------------------------------------------------------------------------

    def begin(self):
        welcome = self.browser.open(self.site.url)
        page = self.browser.submit(welcome.form_to("/auth/login/oidc/"))
        assert page.is_at(self.settings.issuer), f"the browser is at {page}"
        assert page.form_with("password"), f"no login form: {page}"
        query = parse_qs(urlsplit(self.browser.visited[1]).query)
        assert query["code_challenge_method"] == ["S256"] and query["nonce"] and query["state"]
        return page.url.split("?")[0]

    def wrong_password(self):
        page = self._sign_in("not the password")
        assert page.is_at(self.settings.issuer), f"the browser is at {page}"
        assert page.form_with("password"), f"no login form: {page}"
        return f"{page.status}"

    def right_password(self):
        page = self._sign_in(self.settings.password)
        assert page.is_at(self.settings.issuer), f"the browser is at {page}"
        assert page.form_with_button("accept") and not page.form_with("password"), str(page)
        for words in ("Notes", "Read your notes", "Write and delete your notes", "127.0.0.1"):
            assert words in page.text, f"the consent page does not say {words!r}: {page}"
        return "asks for notes:read and notes:write"

    def consent(self):
        page = self.browser.submit(self.browser.page.form_with_button("accept"), button="accept")
        assert page.is_at(self.site.url) and page.status == 200, f"the browser is at {page}"
        for claim in ("name", "email"):
            value = self.settings.claims[claim]
            assert value in page.text, f"the site does not show {value!r}: {page}"
        callback = next(url for url in self.browser.visited if "/auth/complete/" in url)
        assert parse_qs(urlsplit(callback).query)["iss"] == [self.settings.issuer]
        return f"logged in as {self.settings.claims['name']}"

    # --- using the API -------------------------------------------------------------------------

    def add_note(self):
        page = self.browser.submit(self.browser.page.form_to("/notes/add/"), text=NOTE)
        assert NOTE in page.text, f"the note is not shown: {page}"
        return "listed on the home page"

    def accepted(self):
        token = self._held("access_token")
        header = jwt.get_unverified_header(token)
        assert (header["typ"], header["alg"]) == ("at+jwt", "RS256"), header
        claims = self.provider.verify(token, self.settings.notes_api)
        assert claims["user_id"] == claims["sub"] == self._id_claims()["sub"], claims
        status, notes = self.api.read(token)
        assert status == 200 and [note["text"] for note in notes] == [NOTE], f"{status} {notes}"
        return f"aud {claims['aud']}"

    def anonymous(self):
        status, document = self.api.read()
        assert status == 401, f"{status} {document}"
        return "401"

    def scope(self):
        token = self.provider.machine_token(self.settings.robot, "notes:read")
        status, document = self.api.write(token, "not allowed")
        assert status == 403, f"{status} {document}"
        return "403 for notes:read that wants to write"

    def refresh(self):
        before = self._held("access_token"), self._held("refresh_token")
        page = self.browser.submit(self.browser.page.form_to("/token/refresh/"))
        assert "The access token was refreshed." in page.text, str(page)
        after = self._held("access_token"), self._held("refresh_token")
        assert before[0] != after[0], "the access token is the old one"
        assert before[1] != after[1], "the refresh token was not rotated"
        status, _ = self.api.read(after[0])
        assert status == 200, f"the API refuses the new token: {status}"
        return "new access token accepted, refresh token rotated"

    # --- refusals ------------------------------------------------------------------------------

    def tampered(self):
        header, payload, signature = self._held("access_token").split(".")
        claims = json.loads(_decode(payload))
        forged = _encode(json.dumps({**claims, "user_id": "somebody-else"}).encode())
        self.api.refuses(f"{header}.{forged}.{signature}", "Token is invalid")
        flipped = bytearray(_decode(signature))
        flipped[0] ^= 1
        return self.api.refuses(f"{header}.{payload}.{_encode(bytes(flipped))}", "Token is invalid")

    def unsigned(self):
        token = self._held("access_token")
        header = {**jwt.get_unverified_header(token), "alg": "none"}
        forged = f"{_encode(json.dumps(header).encode())}.{token.split('.')[1]}."
        status, document = self.api.read(forged)
        assert status == 401, f"{status} {document}"
        return "401"

    def id_token(self):
        return self.api.refuses(self._held("id_token"), "Token is invalid")

    def other_audience(self):
        token = self.provider.machine_token(self.settings.robot, "archive:read")
        claims = self.provider.verify(token, self.settings.archive_api)
        assert claims["token_type"] == "access", claims
        return f"{self.api.refuses(token, 'Token is invalid')}: aud {claims['aud']}"

    def expired(self):
        token = self.provider.machine_token(self.settings.robot, "notes:read")
        claims = self.provider.verify(token, self.settings.notes_api)
        assert claims["exp"] - claims["iat"] <= 10, "the token lives too long to wait for"
        status, document = self.api.read(token)
        assert status == 200, f"refused while valid: {status} {document}"
        deadline = time.monotonic() + 30
        while self.api.read(token)[0] == 200:
            assert time.monotonic() < deadline, "still accepted half a minute later"
            time.sleep(0.2)
        assert time.time() >= claims["exp"], "refused before it expired"
        return self.api.refuses(token, "Token is expired")

    # --- sessions ------------------------------------------------------------------------------

    def single_sign_on(self):
        self.browser.forget("notes_session")
        welcome = self.browser.open(self.site.url)
        page = self.browser.submit(welcome.form_to("/auth/login/oidc/"))
        assert page.is_at(self.site.url), f"the browser is at {page}"
        assert self.settings.claims["name"] in page.text, str(page)
        return "Keywright's session and the remembered consent were enough"

    def logout(self):
        page = self.browser.submit(self.browser.page.form_to("/logout/"))
        if page.is_at(self.settings.issuer) and page.form_with_button("accept"):
            page = self.browser.submit(page.form_with_button("accept"), button="accept")
        assert page.is_at(self.site.url), f"the browser is at {page}"
        login = page.form_to("/auth/login/oidc/")
        assert login, f"the site still has a session: {page}"
        page = self.browser.submit(login)
        assert page.form_with("password"), f"Keywright still has a session: {page}"
        return "the next login asks for the password"

    def refresh_after_logout(self):
        status, document = self.provider.token(
            self.settings.site, grant_type="refresh_token", refresh_token=self._held("refresh_token")
        )
        assert (status, document.get("error")) == (400, "invalid_grant"), f"{status} {document}"
        return "400 invalid_grant"

    # --- what the steps look at ----------------------------------------------------------------

    def _sign_in(self, password):
        form = self.browser.page.form_with("password")
        return self.browser.submit(
            form, button="accept", login=self.settings.login, password=password
        )

    def _held(self, name):
        """A token that the site holds for the user, read from the site's own database."""
        uri = f"file:{self.site.database}?mode=ro"
        with sqlite3.connect(uri, uri=True) as database:
            row = database.execute("SELECT extra_data FROM social_auth_usersocialauth").fetchone()
        assert row, "the site holds no login"
        return json.loads(row[0])[name]

    def _id_claims(self):
        return self.provider.verify(self._held("id_token"), self.settings.site.client_id)


def run(settings, site, report):
    """Runs the steps until one fails; returns whether all went well."""
    for title, step in Story(settings, site).steps():
        started = time.monotonic()
        try:
            saw, ok = step(), True
        except (AssertionError, AttributeError, KeyError, requests.RequestException) as error:
            saw, ok = f"{type(error).__name__}: {error}", False
        report(title, ok, time.monotonic() - started, saw)
        if not ok:
            return False
    return True


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
