"""Programs on loopback: started, waited for, ended."""

import http.client
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

START_TIMEOUT = 60  # seconds
STOP_TIMEOUT = 15  # seconds

# Nothing here leaves the machine, whatever proxy the environment names.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def free_port():
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program, its output kept in a file or shown."""

    def __init__(self, name, command, cwd=None, env=None, log=None):
        self.name = name
        self._log_path = log
        self._log = open(log, "ab") if log else None
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT if log else None,
        )

    def wait_for(self, url):
        """Waits until something answers at this address, whatever it answers."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"{self.name} ended at once:\n{self.tail()}")
            try:
                _open(url, timeout=5).close()
                return self
            except urllib.error.HTTPError:
                return self
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise AssertionError(f"{self.name} does not answer at {url}:\n{self.tail()}")

    def stop(self):
        """Ends it and waits until it is gone."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log:
            self._log.close()

    def wait(self):
        """Waits until it ends by itself."""
        self._process.wait()

    def tail(self):
        """The end of what it printed."""
        if not self._log_path:
            return ""
        with open(self._log_path, errors="replace") as file:
            return file.read()[-4000:]
