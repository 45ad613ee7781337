"""The story of a site with users. The steps are the same for every example; each asserts what
must hold, and is named for its row of the table."""

import time
from urllib.parse import parse_qs, urlsplit

from .browser import Browser
from .keywright import DOCUMENT, USER
from .probe import give_what_is_asked, until
from .refusals import ApiRefusals

NOTE = "The engine weaves algebraical patterns."
CODE_LIFETIME = int(DOCUMENT["lifetimes"]["code"].removesuffix("s"))  # seconds


class Story(ApiRefusals):
    """What the steps share: the browser and what waits in another one."""

    def __init__(self, stage, open_browser=Browser):
        super().__init__(stage)
        self.stage = stage
        self.example = stage.example
        self.paths = stage.example.paths
        self.callback = stage.site + stage.example.paths.callback
        self._open_browser = open_browser
        self.browser = open_browser()
        self._waiting = None

    def rows(self):
        """The steps in the order in which they are walked."""
        replayed = () if self.example.answers_once else ("replayed_code",)
        confidential = () if self.example.public else ("wrong_secret",)
        return (
            *("discovery", "login_form", "wrong_password", "consent", "tokens", "api_call"),
            *("refresh", "introspection", "revocation"),
            *(("cors",) if self.example.scripted else ()),
            *("single_sign_on", "logout"),
            *self.ROWS,
            *(*replayed, "expired_code", *confidential, "wrong_redirect_uri"),
            *("disabled_user", "disabled_client"),
        )

    # --- logging in ----------------------------------------------------------------------------

    def discovery(self):
        """What the libraries found, too: they have started."""
        metadata = self.provider.metadata
        assert metadata["issuer"] == self.stage.issuer, metadata["issuer"]
        assert all(key["kid"] and key["alg"] and "d" not in key for key in self.provider.keys())

    def login_form(self):
        """The button leads to Keywright's login form, with what protects the answer."""
        page = self._press_login(self.browser)
        assert page.is_at(self.stage.issuer) and page.form_with("password"), str(page)
        asked = next(url for url in self.browser.visited if "/authorize?" in url)
        query = parse_qs(urlsplit(asked).query)
        assert query["response_type"] == ["code"] and query["state"], query
        assert query["code_challenge_method"] == ["S256"], query

    def wrong_password(self):
        """No answer goes to the site."""
        page = give_what_is_asked(self.browser, self.stage.issuer, password="not the password")
        assert page.is_at(self.stage.issuer) and page.form_with("password"), str(page)

    def consent(self):
        """Not yet given: the page says who wants what."""
        form = self.browser.page.form_with("password")
        typed = {"login": USER["login"], "password": USER["password"]}
        page = self.browser.submit(form, button="accept", **typed)
        assert page.form_with_button("accept") and not page.form_with("password"), str(page)
        for words in ("Notes in", "Read your notes", "Write and delete your notes", "127.0.0.1"):
            assert words in page.text, f"the consent page does not say {words!r}: {page}"

    def tokens(self):
        """Consent leads back, logged in. A second login is held, for its code to expire."""
        page = self.browser.submit(self.browser.page.form_with_button("accept"), button="accept")
        self._is_logged_in(page)
        answer = next(url for url in self.browser.visited if url.startswith(self.callback))
        assert parse_qs(urlsplit(answer).query)["iss"] == [self.stage.issuer], "no iss"
        waiting = self.browser.twin(without=self.example.cookies)
        self._log_in_until_held(waiting)
        self._waiting = (waiting, time.monotonic())

    # --- using the tokens ----------------------------------------------------------------------

    def api_call(self):
        """A note goes to the API, and comes back on the next page."""
        self._press(self.paths.add, text=NOTE)
        assert NOTE in self.browser.page.text, str(self.browser.page)

    def cors(self):
        """Whatever the page did, it did across origins."""
        fetched = self.browser.fetched_from(self.stage.issuer)
        wanted = {"/.well-known/openid-configuration", "/token", "/userinfo", "/revoke"}
        assert wanted <= fetched, f"fetched {fetched}"

    def refresh(self):
        """Twice, since the second needs the rotated token."""
        for _ in range(2):
            page = self._press(self.paths.refresh)
            assert "The access token was refreshed." in page.text, str(page)
            assert NOTE in page.text, f"the API refuses the new token: {page}"

    def introspection(self):
        """Keywright calls the token active, so the notes are gone."""
        page = self._press(self.paths.delete)
        assert "All notes were deleted." in page.text and NOTE not in page.text, str(page)

    def revocation(self):
        """The API learns it when it asks, the site when it refreshes."""
        page = self._press(self.paths.revoke)
        assert "The tokens were revoked." in page.text, str(page)
        page = self._press(self.paths.delete)
        assert "All notes were deleted." not in page.text and "401" in page.text, str(page)
        if self.example.forgets:
            page = self._press(self.paths.refresh)
            assert "there is no refresh token" in page.text, str(page)
        else:
            self._refresh_is_refused(self.browser)

    def single_sign_on(self):
        """Keywright's session is enough, with the remembered consent of an assured client."""
        browser = self.browser.twin(without=self.example.cookies)
        page = self._press_login(browser)
        if self.example.public:
            assert page.form_with_button("accept") and not page.form_with("password"), str(page)
            page = browser.submit(page.form_with_button("accept"), button="accept")
        self._is_logged_in(page)
        self.browser.close()
        self.browser = browser

    def logout(self):
        """RP-initiated: the next login asks for the password."""
        page = self._press(self.paths.logout)
        assert page.is_at(self.stage.site), str(page)
        page = self._press_login(self.browser)
        assert page.form_with("password"), f"Keywright still has a session: {page}"

    # --- refusals ------------------------------------------------------------------------------

    def replayed_code(self):
        """The second use is refused, and ends what the first one gave (RFC 6749 4.1.2)."""
        browser = self._log_in_until_held(self._open_browser())
        thief = browser.twin()
        self._is_logged_in(browser.release())
        self._login_failed(thief.release(), "invalid_grant")
        self._refresh_is_refused(browser)
        browser.close()
        thief.close()

    def expired_code(self):
        """The login that was held since `tokens` comes too late."""
        browser, since = self._waiting
        time.sleep(max(0, since + CODE_LIFETIME + 1 - time.monotonic()))
        self._login_failed(browser.release(), "invalid_grant")
        browser.close()

    def wrong_secret(self):
        """The user does all that is asked, and the site cannot redeem the code."""
        self.stage.start_site(CLIENT_SECRET="wrong-secret-wrong-secret-wrong-secret")
        browser = self._open_browser()
        self._press_login(browser)
        self._login_failed(give_what_is_asked(browser, self.stage.issuer), "invalid_client")
        browser.close()

    def wrong_redirect_uri(self):
        """Keywright shows a page and sends nothing anywhere (RFC 9700 section 4.1.3)."""
        site = self.example.elsewhere.format(port=urlsplit(self.stage.site).port)
        self.stage.start_site(REDIRECT_URI=f"{site}/elsewhere")
        browser = self._open_browser()
        page = self._press_login(browser, site)
        assert page.is_at(self.stage.issuer) and page.status == 400, str(page)
        assert not page.form_with("password"), str(page)
        assert page.url == browser.visited[-1], browser.visited
        browser.close()
        self.stage.start_site()

    def disabled_user(self):
        """Within the bound: no refresh, no active token, no login."""
        browser = self._logged_in()
        self.stage.keywright.command("users", "disable", USER["login"])
        until(lambda: "was refreshed" not in self._press(self.paths.refresh, browser).text)
        self._refresh_is_refused(browser)
        page = self._press(self.paths.delete, browser)
        assert "All notes were deleted." not in page.text and "401" in page.text, str(page)
        browser.close()
        fresh = self._open_browser()
        self._press_login(fresh)
        page = give_what_is_asked(fresh, self.stage.issuer)
        assert page.is_at(self.stage.issuer) and page.form_with("password"), str(page)
        fresh.close()
        self.stage.keywright.command("users", "enable", USER["login"])

    def disabled_client(self):
        """Within the bound: no refresh, and no login begins."""
        browser = self._logged_in()
        self.stage.keywright.disable_client(self.example.client_id)

        def is_told():
            page = self._press(self.paths.refresh, browser)
            return self.example.tells("invalid_client", page.text)

        until(is_told)
        browser.close()
        fresh = self._open_browser()
        page = self._press_login(fresh)
        assert page.is_at(self.stage.issuer) and page.status == 400, str(page)
        fresh.close()

    # --- what the steps do ---------------------------------------------------------------------

    def _press_login(self, browser, site=None):
        """From the welcome page to wherever the button leads."""
        page = browser.open(self.stage.site if site is None else site)
        form = page.form_to(self.paths.login)
        assert form, f"no login button: {page}"
        return browser.submit(form)

    def _press(self, path, browser=None, **typed):
        browser = browser or self.browser
        form = browser.page.form_to(path)
        assert form, f"no button for {path}: {browser.page}"
        return browser.submit(form, **typed)

    def _logged_in(self):
        browser = self._open_browser()
        self._press_login(browser)
        self._is_logged_in(give_what_is_asked(browser, self.stage.issuer))
        return browser

    def _log_in_until_held(self, browser):
        """A login whose answer does not reach the site yet."""
        browser.hold_before(self.callback)
        self._press_login(browser)
        give_what_is_asked(browser, self.stage.issuer)
        assert browser.held, f"the browser is at {browser.page}"
        return browser

    def _is_logged_in(self, page):
        assert page.is_at(self.stage.site) and page.status == 200, f"the browser is at {page}"
        for claim in ("name", "email"):
            assert USER["claims"][claim] in page.text, f"the site does not show {claim}: {page}"

    def _login_failed(self, page, code):
        assert page.is_at(self.stage.site), f"the browser is at {page}"
        assert page.form_to(self.paths.login), f"the site takes it for a login: {page}"
        assert self.example.tells(code, page.text), f"not for {code}: {page}"

    def _refresh_is_refused(self, browser):
        page = self._press(self.paths.refresh, browser)
        assert "was refreshed" not in page.text, str(page)
        assert self.example.tells("invalid_grant", page.text), str(page)
