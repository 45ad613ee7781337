"""What a browser shows: the forms of a page and its visible text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit


@dataclass
class Form:
    """A form of a page: where it goes and what it would send."""

    action: str
    method: str
    fields: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)

    def has_button(self, value):
        """Whether one of the form's buttons has this value."""
        return any(each == value for _, each in self.buttons)


class _Reader(HTMLParser):
    """Collects the forms and the text that can be seen."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.text = []
        self._open = None
        self._hidden_by = None
        self._depth = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if self._hidden_by:
            self._depth += tag == self._hidden_by
        elif tag in ("style", "script") or (tag in ("section", "div") and "hidden" in attrs):
            self._hidden_by, self._depth = tag, 1
        elif tag == "form":
            self._open = Form(attrs.get("action") or "", (attrs.get("method") or "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and attrs.get("name"):
            if tag == "input":
                self._open.fields[attrs["name"]] = attrs.get("value") or ""
            elif tag == "button":
                self._open.buttons.append((attrs["name"], attrs.get("value") or ""))

    def handle_endtag(self, tag):
        if self._hidden_by:
            self._depth -= tag == self._hidden_by
            if self._depth == 0:
                self._hidden_by = None
        elif tag == "form":
            self._open = None

    def handle_data(self, data):
        if not self._hidden_by:
            self.text.append(data)


class Page:
    """An answer, read as a person reads it."""

    def __init__(self, url, status, html):
        reader = _Reader()
        reader.feed(html)
        self.url = url
        self.status = status
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
        return next((form for form in self.forms if form.has_button(value)), None)

    def is_at(self, url):
        """Whether the page came from the origin of this URL."""
        return origin_of(self.url) == origin_of(url)

    def __str__(self):
        return f"{self.status} at {self.url.split('?')[0]}: {self.text[:240]!r}"


def origin_of(url):
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
