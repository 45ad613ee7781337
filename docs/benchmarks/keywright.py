"""Keywright on a database of its own, filled with users."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import browser
import seed
from oauth import ALGORITHMS, SECRET, authorize_path, scope_of
from process import Server, free_port, read_through, wrk, write_lines

DISCOVERY = "/.well-known/openid-configuration"
CONFIGURATION = """
issuer = "{issuer}"
listen = "127.0.0.1:{port}"
data_dir = "{data}"
[lifetimes]
access_token = "1h"
[[resources]]
identifier = "https://opaque.example"
name = "opaque"
format = "opaque"
scopes = [{{ name = "op:read", description = "Read" }}]
{resources}
[[clients]]
client_id = "robot"
client_secret = "{secret}"
grant_types = ["client_credentials"]
scope = "rs:read es:read ed:read op:read"
{clients}
"""
RESOURCE = """
[[resources]]
identifier = "https://{lower}.example"
name = "{name}"
algorithm = "{name}"
scopes = [{{ name = "{scope}", description = "Read" }}]
"""
SITE = """
[[clients]]
client_id = "{id}"
client_secret = "{secret}"
first_party = true
redirect_uris = ["http://127.0.0.1:9/cb"]
grant_types = ["authorization_code", "refresh_token"]
id_token_signed_response_alg = "{algorithm}"
"""


class Keywright:
    """A server on a fresh database with `count` users, sessions, grants and refresh tokens.

    `options` has `binary`, `seconds` (of a row), `accepted` (environment variables that this binary knows) and,
    for PostgreSQL, `postgresql`.
    """

    paths = {"token": "/token", "introspection": "/introspect", "userinfo": "/userinfo"}
    cookie = f"keywright-browser={'b' * 43}; keywright-session=%s"

    def __init__(self, options, engine, count):
        self.seconds, self.count, self.engine = options.seconds, count, engine
        self.place = f"{engine}, {count:,}"
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="keywright-bench."))
        self.port = free_port()
        self.postgresql = options.postgresql if engine == "PostgreSQL" else None
        self.database = self.postgresql.fresh() if self.postgresql else None
        self.write_configuration()
        self.command = [str(options.binary), "serve", "--config", str(self.scratch / "keywright.toml")]
        self.log = open(self.scratch / "log", "w")
        environment = {**os.environ, "KEYWRIGHT_LIMITS__ENABLED": "false",
                       "KEYWRIGHT_MANAGEMENT__LISTEN": f"127.0.0.1:{free_port()}"}
        if self.database:
            environment["KEYWRIGHT_DATABASE__URL"] = self.database
            environment["KEYWRIGHT_MASTER_KEY"] = "A" * 43 + "="
        self.environment = {k: v for k, v in environment.items() if k in options.accepted or not k.startswith("KEYWRIGHT_")}
        self.start()
        self.server.stop()
        self.seed()
        self.start()

    def write_configuration(self):
        resources = "".join(RESOURCE.format(lower=name.lower(), name=name, scope=scope_of(name)) for name in ALGORITHMS)
        sites = [("site", "RS256"), ("site-es", "ES256"), (seed.CLIENT, "ES256")]
        clients = "".join(SITE.format(id=name, secret=SECRET, algorithm=algorithm) for name, algorithm in sites)
        (self.scratch / "keywright.toml").write_text(CONFIGURATION.format(
            issuer=f"http://127.0.0.1:{self.port}", port=self.port, data=self.scratch / "data", secret=SECRET,
            resources=resources, clients=clients))

    def seed(self):
        if self.database:
            seed.postgresql(self.postgresql.psql, self.database, self.count)
        else:
            seed.sqlite(self.scratch / "data" / "keywright.db", self.count)

    def start(self):
        self.server = Server(self.command, self.port, answers=DISCOVERY, stderr=self.log, env=self.environment)
        self.base, self.idle_memory = self.server.base, self.server.memory()

    def warm(self):
        """Reads the files of the database once. A machine that drops what nobody asked for in the last minutes would
        otherwise have the next row measure its disk."""
        folder = self.postgresql.data if self.postgresql else self.scratch / "data"
        for path in folder.rglob("*"):
            if path.is_file():
                read_through(path)

    def spread(self, number, of, make, count=None):
        """`of` users, or of `count` rows, evenly from the whole table: `number` decides which of them."""
        count = count or self.count
        stride = max(count // of, 1)
        return (make((n * stride + number) % count) for n in range(of))

    def prepare(self, turns):
        """Logs users in, and lays out what the rows of each turn send."""
        grants = seed.grants(self.count)
        each = min(3000, grants // turns)
        self.cookies = write_lines(self.scratch, "cookies", self.spread(0, min(self.count, 2000), seed.cookie))
        tokens = browser.access_tokens(self, self.spread(0, min(self.count, 1000), seed.cookie))
        self.tokens = write_lines(self.scratch, "tokens", tokens)
        self.refresh = [
            write_lines(self.scratch, f"refresh{turn}", self.spread(turn, each, seed.refresh_token, grants)) for turn in range(turns)]

    def robot_body(self, algorithm):
        return f"grant_type=client_credentials&scope={scope_of(algorithm)}"

    def authorize(self, client, algorithm):
        return authorize_path(client, f"openid {scope_of(algorithm)}")

    def wrk(self, *arguments, **keywords):
        before = self.postgresql.cpu(self.database) if self.database else 0
        row = wrk(self.server, *arguments, **keywords)
        after = self.postgresql.cpu(self.database) if self.database else 0
        return {**row, "database_us": (after - before) / max(row["requests"], 1) * 1e6}

    def load(self, path, script=None, **environment):
        return self.wrk(path, self.seconds, script, **environment)

    def end(self):
        self.close()

    def complaints(self):
        """What the log holds that it should not."""
        return [line for line in (self.scratch / "log").read_text().splitlines() if " ERROR " in line or " WARN " in line]

    def close(self):
        self.server.stop()
        self.log.close()
        shutil.rmtree(self.scratch)


def accepted(binary):
    """The environment variables of this benchmark that a binary knows: older ones are measured too."""
    known = subprocess.run([binary, "config", "default"], capture_output=True, text=True, check=True).stdout
    names = {"KEYWRIGHT_DATABASE__URL", "KEYWRIGHT_MASTER_KEY"}
    if "[management]" in known:
        names.add("KEYWRIGHT_MANAGEMENT__LISTEN")
    if "[limits]" in known:
        names.add("KEYWRIGHT_LIMITS__ENABLED")
    return names
