"""Everything that an example needs, running on loopback."""

import os
import subprocess
from pathlib import Path

from .keywright import CLIENTS, NOTES, Keywright
from .process import Process, free_port


class Stage:
    """Keywright, the example's site and its API.

    `ports` are those of Keywright, the site and the API; without them free ones are taken.
    """

    def __init__(self, example, binary, directory, *, ports=None, database=None):
        self.example = example
        self.directory = Path(directory)
        self.tested = ports is None
        self._ports = ports or tuple(free_port() for _ in range(3))
        self.site = f"http://127.0.0.1:{self._ports[1]}"
        self.api = f"http://127.0.0.1:{self._ports[2]}" if example.api else self.site
        self.api += example.api_path
        self._running = {}
        self._fill = {"site": self.site, "bin": Path(binary).parent, "scratch": self.directory}
        self.keywright = Keywright(
            binary, directory, self._ports[0], database, by_command_line=self.tested
        )
        self._running["keywright"] = self.keywright.process
        self.issuer = self.keywright.issuer

    def __enter__(self):
        try:
            if self.example.api:
                self._start("api", self.example.api, self._ports[2], {})
            self.start_site()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._running.values()):
            process.stop()

    def start_site(self, **environment):
        """Starts the site, or starts it again with other settings."""
        if "site" in self._running:
            self._running.pop("site").stop()
        self._start("site", self.example.site, self._ports[1], environment)

    def wait(self):
        """Waits until Keywright ends, or the user interrupts."""
        self.keywright.process.wait()

    def logs(self):
        """The end of what each program printed."""
        told = [f"--- {name}\n{process.tail()}" for name, process in self._running.items()]
        return "\n".join(told)

    def _start(self, name, program, port, environment):
        url = f"http://127.0.0.1:{port}"
        settings = {**self._settings(port), **program.environment, **environment}
        fill = {**self._fill, "port": str(port)}
        filled = {key: value.format(**fill) for key, value in settings.items()}
        if program.before:
            everything = {**os.environ, **filled}
            subprocess.run(program.before, cwd=program.folder, env=everything, check=True)
        self._running[name] = Process(
            f"{self.example.name} {name}",
            [str(part).format(**fill) for part in program.command],
            program.folder,
            filled,
            self.directory / f"{name}.log" if self.tested else None,
        )
        self._running[name].wait_for(url)

    def _settings(self, port):
        return {
            "PORT": str(port),
            "ISSUER": self.issuer,
            "CLIENT_ID": self.example.client_id,
            "CLIENT_SECRET": CLIENTS[self.example.client_id].get("client_secret", ""),
            "API_URL": self.api,
            "AUDIENCE": NOTES,
            "API_CLIENT_ID": "notes-api",
            "API_CLIENT_SECRET": CLIENTS["notes-api"]["client_secret"],
            # Kept when the site is started again, so that a login under way goes on.
            "SESSION_SECRET": "only-for-the-examples-and-their-tests",
        }
