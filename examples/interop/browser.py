"""A browser reduced to what logging in needs: cookies, redirects, forms. No JavaScript."""

from urllib.parse import urljoin

import requests

from .page import Page, origin_of

MOST_REDIRECTS = 12
TIMEOUT = 30  # seconds; a debug build hashes passwords slowly


class Browser:
    """Cookies and the page that is open."""

    def __init__(self):
        self._session = requests.Session()
        self._session.trust_env = False
        self.page = None
        self.visited = []
        self.hold = None
        self.held = None

    def open(self, url):
        """Follows a link."""
        return self._go("GET", url, None, None)

    def submit(self, form, button=None, **typed):
        """Fills in a form of the open page and sends it, by the button with this value."""
        data = {**form.fields, **typed}
        if button is not None:
            data.update((name, value) for name, value in form.buttons if value == button)
        target = urljoin(self.page.url, form.action)
        return self._go(form.method.upper(), target, data, origin_of(self.page.url))

    def hold_before(self, url):
        """From now on a redirect to this URL is not followed, but kept in `held`."""
        self.hold, self.held = url, None

    def release(self):
        """Follows the redirect that was held."""
        url, self.hold, self.held = self.held, None, None
        return self.open(url)

    def twin(self, without=()):
        """Another browser with the same cookies but for some, before the same held redirect."""
        other = Browser()
        for cookie in self._session.cookies:
            if cookie.name not in without:
                other._session.cookies.set_cookie(cookie)
        other.page, other.hold, other.held = self.page, self.hold, self.held
        return other

    def close(self):
        """Closes it."""
        self._session.close()

    def _go(self, method, url, data, origin):
        self.visited = []
        for _ in range(MOST_REDIRECTS):
            answer = self._request(method, url, data, origin)
            self.visited.append(answer.url)
            if answer.status_code not in (301, 302, 303, 307, 308):
                self.page = Page(answer.url, answer.status_code, answer.text)
                return self.page
            if answer.status_code in (307, 308) and method == "POST":
                raise AssertionError(f"{answer.url} would send a form on to another place")
            method, data = "GET", None
            url = urljoin(answer.url, answer.headers["Location"])
            if self.hold and url.startswith(self.hold):
                self.held = url
                return self.page
        raise AssertionError(f"more than {MOST_REDIRECTS} redirects, the last to {url}")

    def _request(self, method, url, data, origin):
        posted = method == "POST"
        return self._session.request(
            method,
            url,
            data=data if posted else None,
            params=None if posted else data,
            headers={"Origin": origin, "Referer": f"{origin}/"} if posted else {},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
