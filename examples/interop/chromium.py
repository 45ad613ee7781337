"""The same browser, but real: Chromium, for pages that are made of JavaScript."""

import os
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from .page import Page, origin_of

TIMEOUT = 30_000  # milliseconds
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A page that works says so with aria-busy.
SETTLED = """(hold) => document.readyState === 'complete'
    && (location.href.startsWith(hold) || !document.querySelector('[aria-busy="true"]'))"""


class Chromium:
    """The program. `browser()` opens a window with nothing remembered."""

    def __init__(self):
        self._playwright = sync_playwright().start()
        self._program = self._playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )

    def browser(self):
        """A browser that has never been anywhere."""
        return Browser(self._program)

    def close(self):
        """Ends it."""
        self._program.close()
        self._playwright.stop()


class Browser:
    """A window with cookies and storage of its own. The interface is that of browser.Browser."""

    def __init__(self, program, state=None):
        self._program = program
        self._context = program.new_context(storage_state=state)
        self._context.set_default_timeout(TIMEOUT)
        self._tab = self._context.new_page()
        self._tab.on("response", self._note)
        self._status = None
        self.visited = []
        self.answers = []
        self.page = None
        self.hold = None
        self.held = None

    def open(self, url):
        """Follows a link."""
        self.visited = []
        self._tab.goto(url)
        return self._settle()

    def submit(self, form, button=None, **typed):
        """Fills in a form of the open page and presses its button, or the one with this value."""
        self.visited = []
        shown = self._tab.locator(f'form[action="{form.action}"]')
        for name, value in typed.items():
            shown.locator(f'[name="{name}"]').fill(value)
        pressed = shown.locator(f'button[value="{button}"]' if button else "button").first
        if button:
            # A form that leads elsewhere; the others are buttons for a script.
            with self._tab.expect_navigation(wait_until="commit"):
                pressed.click(no_wait_after=True)
        else:
            pressed.click()
        return self._settle()

    def hold_before(self, url):
        """From now on a page at this URL runs none of its scripts; its address is in `held`."""
        self.hold, self.held = url, None
        self._context.route("**/*.js", self._keep)

    def release(self):
        """Follows the redirect that was held."""
        url, self.hold, self.held = self.held, None, None
        self._context.unroute_all()
        return self.open(url)

    def twin(self, without=()):
        """Another browser with the same cookies and local storage, before the same held redirect.
        What a page keeps for the session of its tab is not copied."""
        del without
        other = Browser(self._program, self._context.storage_state())
        other.page, other.hold, other.held = self.page, self.hold, self.held
        return other

    def close(self):
        """Closes it."""
        self._context.close()

    def _keep(self, route):
        if route.request.frame.url.startswith(self.hold):
            route.fulfill(status=200, content_type="text/javascript", body="")
        else:
            route.continue_()

    def _note(self, response):
        self.answers.append(response)
        if response.request.is_navigation_request():
            self.visited.append(response.url)
            self._status = response.status

    def _settle(self):
        hold = f"{self.hold}?" if self.hold else "nowhere"
        self._tab.wait_for_function(SETTLED, arg=hold)
        if self._tab.url.startswith(hold):
            self.held = self._tab.url
        self.page = Page(self._tab.url, self._status, self._tab.content())
        return self.page

    def fetched_from(self, origin):
        """The paths on an origin that scripts fetched and were allowed to read."""
        return {
            urlsplit(answer.url).path
            for answer in self.answers
            if answer.request.resource_type in ("fetch", "xhr")
            and origin_of(answer.url) == origin
            and answer.headers.get("access-control-allow-origin") == "*"
        }
