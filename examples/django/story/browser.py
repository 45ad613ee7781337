"""A browser reduced to what logging in needs: cookies, redirects, forms. No JavaScript."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

MOST_REDIRECTS = 12
TIMEOUT = 30  # seconds; a debug build hashes passwords slowly


@dataclass
class Form:
    """A form of a page: where it goes and what it would send."""

    action: str
    method: str
    fields: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)

    def names(self, button_value):
        """Whether one of the form's buttons has this value."""
        return any(value == button_value for _, value in self.buttons)


class _Reader(HTMLParser):
    """Collects the forms and the visible text of a page."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.text = []
        self._open = None
        self._hidden = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag == "form":
            self._open = Form(attrs.get("action") or "", (attrs.get("method") or "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and attrs.get("name"):
            if tag == "input":
                self._open.fields[attrs["name"]] = attrs.get("value") or ""
            elif tag == "button":
                self._open.buttons.append((attrs["name"], attrs.get("value") or ""))

    def handle_endtag(self, tag):
        if tag in ("style", "script"):
            self._hidden -= 1
        elif tag == "form":
            self._open = None

    def handle_data(self, data):
        if not self._hidden:
            self.text.append(data)


class Page:
    """What the browser shows."""

    def __init__(self, answer):
        reader = _Reader()
        reader.feed(answer.text)
        self.url = answer.url
        self.status = answer.status_code
        self.forms = reader.forms
        self.text = " ".join(" ".join(reader.text).split())

    def form_with(self, field_name):
        """The form that has this field, or None."""
        return next((form for form in self.forms if field_name in form.fields), None)

    def form_to(self, path):
        """The form that is sent to this path, or None."""
        return next((f for f in self.forms if urlsplit(f.action).path == path), None)

    def form_with_button(self, value):
        """The form that has a button with this value, or None."""
        return next((form for form in self.forms if form.names(value)), None)

    def is_at(self, origin):
        """Whether the page came from this origin."""
        return origin_of(self.url) == origin_of(origin)

    def __str__(self):
        return f"{self.status} at {self.url.split('?')[0]}: {self.text[:160]!r}"


class Browser:
    """Cookies and the page that is open."""

    def __init__(self):
        self._session = requests.Session()
        self._session.trust_env = False
        self.page = None
        self.visited = []

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

    def forget(self, cookie):
        """Deletes a cookie."""
        for held in list(self._session.cookies):
            if held.name == cookie:
                self._session.cookies.clear(held.domain, held.path, held.name)

    def _go(self, method, url, data, origin):
        self.visited = []
        for _ in range(MOST_REDIRECTS):
            headers = {"Origin": origin, "Referer": f"{origin}/"} if method == "POST" else {}
            answer = self._session.request(
                method,
                url,
                data=data if method == "POST" else None,
                params=data if method == "GET" else None,
                headers=headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            )
            self.visited.append(answer.url)
            if answer.status_code not in (301, 302, 303, 307, 308):
                self.page = Page(answer)
                return self.page
            if answer.status_code in (307, 308) and method == "POST":
                raise AssertionError(f"{answer.url} would send a form on to another place")
            method, data = "GET", None
            url = urljoin(answer.url, answer.headers["Location"])
        raise AssertionError(f"more than {MOST_REDIRECTS} redirects, the last to {url}")


def origin_of(url):
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
