"""oidc-provider from npm with its in-memory adapter: one process, as Node runs it."""
import pathlib
import shutil
import subprocess
import tempfile

import browser
from oauth import SECRET, authorize_path, scope_of
from process import HERE, Server, free_port, wrk, write_lines


class Peer:
    paths = {"token": "/token", "introspection": "/token/introspection", "userinfo": "/me"}
    cookie = "%s"
    place = "oidc-provider"

    # Its adapter forgets all but the thousand entries that were used last, so there are few sessions: a login makes a dozen. wrk has 64 connections.
    SESSIONS = 72

    def __init__(self, seconds):
        self.seconds = seconds
        if not (HERE / "peer/node_modules").is_dir():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE / "peer", check=True)
        port = free_port()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="keywright-peer."))
        self.server = Server(["node", str(HERE / "peer/server.mjs"), str(port)], port, stderr=subprocess.DEVNULL)
        self.base, self.idle_memory = self.server.base, self.server.memory()
        self.refresh = []

    def prepare(self, turns):
        """Logs users in. A row uses what it needs soon after: see `SESSIONS`."""
        self.log_in()

    def log_in(self):
        sessions = [browser.peer_login(self, number) for number in range(self.SESSIONS)]
        self.cookies = write_lines(self.scratch, "cookies", (session["cookie"] for session in sessions))
        self.tokens = write_lines(self.scratch, "tokens", (session["token"] for session in sessions))
        self.refresh = [write_lines(self.scratch, "refresh", (session["refresh"] for session in sessions))] * 9

    def robot_body(self, algorithm):
        if algorithm == "opaque":
            return "grant_type=client_credentials"
        return f"grant_type=client_credentials&scope={scope_of(algorithm)}&resource=https://{algorithm.lower()}.example"

    def authorize(self, client, algorithm):
        resource = f"&resource=https%3A%2F%2F{algorithm.lower()}.example"
        return authorize_path(client, f"openid {scope_of(algorithm)}", "/auth") + resource

    def load(self, path, script=None, **environment):
        return wrk(self.server, path, self.seconds, script, **environment)

    def close(self):
        self.server.stop()
        shutil.rmtree(self.scratch)
