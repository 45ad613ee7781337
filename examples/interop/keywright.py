"""A Keywright on a scratch directory, with the configuration of the examples."""

import base64
import json
import os
import subprocess
import tomllib
from pathlib import Path

from .process import Process

CONFIGURATION = Path(__file__).resolve().parent.parent / "keywright.toml"
DOCUMENT = tomllib.loads(CONFIGURATION.read_text())
USER = DOCUMENT["users"][0]
CLIENTS = {client["client_id"]: client for client in DOCUMENT["clients"]}
NOTES, ARCHIVE = (resource["identifier"] for resource in DOCUMENT["resources"])


class Keywright:
    """The server as a process, and its command line.

    What the configuration declares belongs to it, and the command line refuses to change that. So
    with `by_command_line` the clients and the user are added as an operator would, which lets
    them be disabled later.
    """

    def __init__(self, binary, directory, port, database=None, by_command_line=False):
        self.issuer = f"http://127.0.0.1:{port}"
        self._binary = binary
        self._directory = Path(directory)
        self._environment = {
            "KEYWRIGHT_ISSUER": self.issuer,
            "KEYWRIGHT_LISTEN": f"127.0.0.1:{port}",
            "KEYWRIGHT_DATA_DIR": str(self._directory / "data"),
            "KEYWRIGHT_CONFIG": str(CONFIGURATION),
            # Nobody looks at it here, and its port may be another Keywright's.
            "KEYWRIGHT_MANAGEMENT__LISTEN": "",
        }
        if database:
            # PostgreSQL may have several replicas, so none of them may make up the master key.
            self._environment["KEYWRIGHT_DATABASE__URL"] = database
            key = base64.b64encode(os.urandom(32)).decode()
            self._environment["KEYWRIGHT_MASTER_KEY"] = key
        if by_command_line:
            self._register()
        log = self._directory / "keywright.log" if by_command_line else None
        command = [binary, "serve"]
        self.process = Process("Keywright", command, directory, self._environment, log)
        self.process.wait_for(f"{self.issuer}/.well-known/openid-configuration")

    def command(self, *arguments, stdin=None):
        """Runs a verb of the command line; returns what it printed."""
        done = subprocess.run(
            [self._binary, *arguments],
            env={**os.environ, **self._environment},
            cwd=self._directory,
            input=stdin,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"keywright {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def disable_client(self, client_id):
        """Lets a client do nothing any more."""
        self.command("clients", "disable", client_id)

    def _register(self):
        """Adds the clients and the user of the configuration."""
        declared = CONFIGURATION.read_text()
        without = self._directory / "keywright.toml"
        # Resources come first in the file, then clients, then users.
        without.write_text(declared[: declared.index("[[clients]]")])
        self._environment["KEYWRIGHT_CONFIG"] = str(without)
        self.command("migrate")
        for client in CLIENTS.values():
            secret = client.get("client_secret")
            flags = [flag for key, value in client.items() for flag in _flags(key, value)]
            flags += ["--secret-stdin"] if secret else []
            self.command("clients", "add", client["client_id"], *flags, stdin=secret)
        claims = [f"--claim={key}={json.dumps(value)}" for key, value in USER["claims"].items()]
        self.command("users", "add", USER["login"], *claims, stdin=USER["password"])


def _flags(key, value):
    """A member of a client as flags of `clients add`."""
    if key in ("client_id", "client_secret"):
        return []
    flag = f"--{key.replace('_', '-').removesuffix('s')}"
    return [part for each in _listed(value) for part in (flag, each)]


def _listed(value):
    return value if isinstance(value, list) else [value]
