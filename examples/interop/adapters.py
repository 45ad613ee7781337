"""What the suite must know of each example: how it is installed and started, which libraries it
shows, and where its buttons are. The examples themselves know nothing of the suite."""

from dataclasses import dataclass, field
from pathlib import Path

from . import packages

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Program:
    """A program of an example: its command line, where `{port}` stands for its port,
    `{site}` for the site, `{bin}` for the folder of Keywright's binary and `{scratch}` for one that
    is empty at first."""

    folder: Path
    command: tuple
    environment: dict = field(default_factory=dict)
    # What is run before, once.
    before: tuple = ()


@dataclass(frozen=True)
class Paths:
    """Where the buttons of a site send their forms."""

    login: str = "/login"
    callback: str = "/callback"
    add: str = "/notes"
    delete: str = "/notes/delete"
    refresh: str = "/refresh"
    revoke: str = "/revoke"
    logout: str = "/logout"


@dataclass(frozen=True)
class Example:
    """One column of the table."""

    name: str
    title: str
    client_id: str
    libraries: dict
    install: object
    site: Program
    # The API, if it is a program of its own; else it is behind `api_path` of the site.
    api: Program = None
    api_path: str = ""
    notes: str = "/notes"
    paths: Paths = Paths()
    # A public client has no secret, and always asks for a click (RFC 8252 section 8.6).
    public: bool = False
    # The page is made by its own script, which needs a real browser.
    scripted: bool = False
    # No user takes part.
    machine: bool = False
    # It takes each answer once, so that a code never reaches Keywright twice.
    answers_once: bool = False
    # It forgets a token that it revoked, and so cannot try to refresh with it.
    forgets: bool = False
    # The cookies of its sessions.
    cookies: tuple = ()
    # An address at which its redirect URI is not a registered one. Most are told REDIRECT_URI.
    elsewhere: str = "http://127.0.0.1:{port}"
    # What it says of OAuth's error codes, where it does not say the code.
    words: dict = field(default_factory=dict)

    def tells(self, code, text):
        """Whether a page of its tells this error code."""
        return any(words in text for words in self.words.get(code, (code,)))


def node():
    """Express."""
    folder = EXAMPLES / "node"
    return Example(
        name="node",
        title="Node",
        client_id="node-site",
        libraries={
            "Client": packages.locked(folder, "openid-client"),
            "API": packages.locked(folder, "jose"),
            "Framework": packages.locked(folder, "express"),
        },
        install=lambda: packages.npm(folder),
        site=Program(folder, packages.node("site.js")),
        cookies=("node_session",),
        # openid-client looks at the challenge of a 401 before it looks at the body.
        words={"invalid_client": ("OAUTH_WWW_AUTHENTICATE_CHALLENGE",)},
        api=Program(folder, packages.node("api.js")),
    )


def spa():
    """A page without a server of its own. Its API is the one in `node`."""
    folder, other = EXAMPLES / "spa", EXAMPLES / "node"
    return Example(
        name="spa",
        title="Browser",
        client_id="spa",
        libraries={
            "Client": packages.locked(folder, "oidc-client-ts"),
            "API": packages.locked(other, "jose"),
            "Framework": "none",
        },
        install=lambda: (packages.npm(folder), packages.npm(other)),
        site=Program(folder, packages.node("server.js")),
        api=Program(other, packages.node("api.js"), {"ALLOWED_ORIGIN": "{site}"}),
        public=True,
        scripted=True,
        forgets=True,
    )


def python():
    """Flask."""
    folder = EXAMPLES / "python"
    run = folder / ".venv" / "bin" / "python"
    return Example(
        name="python",
        title="Flask",
        client_id="python-site",
        libraries={
            "Client": packages.pinned(folder, "Authlib"),
            "API": packages.pinned(folder, "Authlib"),
            "Framework": packages.pinned(folder, "Flask"),
        },
        install=lambda: packages.virtual_environment(folder),
        site=Program(folder, (run, "website.py")),
        cookies=("python_session",),
        api=Program(folder, (run, "api.py")),
    )


def django():
    """Django, site and API in one project."""
    folder = EXAMPLES / "django"
    run = folder / ".venv" / "bin" / "python"
    serve = (run, "manage.py", "runserver", "--noreload", "127.0.0.1:{port}")
    return Example(
        name="django",
        title="Django",
        client_id="django-site",
        libraries={
            "Client": packages.pinned(folder, "social-auth-app-django"),
            "API": packages.pinned(folder, "djangorestframework-simplejwt"),
            "Framework": packages.pinned(folder, "Django"),
        },
        install=lambda: packages.virtual_environment(folder),
        site=Program(
            folder,
            serve,
            {"NOTES_DATABASE": "{scratch}/notes.sqlite3"},
            before=(run, "manage.py", "migrate", "--verbosity", "0"),
        ),
        cookies=("notes_session",),
        # Its redirect URI is the address that it is opened at.
        elsewhere="http://localhost:{port}",
        answers_once=True,
        # social-core keeps the code to itself.
        words={
            "invalid_grant": (
                "The authorization code was rejected",
                "Please authenticate with the provider again",
            ),
            "invalid_client": ("Authentication configuration is invalid",),
        },
        api_path="/api",
        notes="/notes/",
        paths=Paths(
            login="/auth/login/oidc/",
            callback="/auth/complete/oidc/",
            add="/notes/add/",
            delete="/notes/delete/",
            refresh="/token/refresh/",
            revoke="/token/revoke/",
            logout="/logout/",
        ),
    )


def rust():
    """actix-web. Its programs are built together with Keywright, and are beside it."""
    folder = EXAMPLES / "rust"
    return Example(
        name="rust",
        title="Rust",
        client_id="rust-site",
        libraries={
            "Client": packages.in_workspace(ROOT, "openidconnect"),
            "API": packages.in_workspace(ROOT, "josekit"),
            "Framework": packages.in_workspace(ROOT, "actix-web"),
        },
        install=lambda: None,
        site=Program(folder, ("{bin}/example-site",)),
        cookies=("rust_session",),
        api=Program(folder, ("{bin}/example-api",)),
    )


def microservices():
    """Two services in Go, one calling the other."""
    folder = EXAMPLES / "microservices"
    return Example(
        name="microservices",
        title="Go services",
        client_id="journal",
        libraries={
            "Client": packages.required(folder, "golang.org/x/oauth2"),
            "API": packages.required(folder, "github.com/coreos/go-oidc/v3"),
            "Framework": "net/http",
        },
        install=lambda: packages.go(folder),
        site=Program(folder, (folder / "bin" / "journal",)),
        api=Program(folder, (folder / "bin" / "notes",)),
        machine=True,
    )


ALL = {make.__name__: make for make in (node, spa, python, django, rust, microservices)}
