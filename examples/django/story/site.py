"""Starts and stops the Django project on loopback."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import requests

PROJECT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60  # seconds


class Site:
    """The Django project as a process, with its own database file."""

    def __init__(self, settings, database, log=None):
        self.url = f"http://127.0.0.1:{settings.port}"
        self.database = Path(database)
        self._log = log
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "NOTES_SECRET_KEY": secrets.token_urlsafe(48),
            "NOTES_DATABASE": str(database),
            "OIDC_ISSUER": settings.issuer,
            "OIDC_CLIENT_ID": settings.site.client_id,
            "OIDC_CLIENT_SECRET": settings.site.client_secret,
        }
        self._process = None

    def command(self, *arguments):
        """The command line of a Django verb."""
        return [sys.executable, str(PROJECT / "manage.py"), *arguments]

    def migrate(self):
        """Brings the database up to date."""
        subprocess.run(
            self.command("migrate", "--verbosity", "0"),
            env=self._environment,
            cwd=PROJECT,
            check=True,
        )

    def serve(self):
        """Serves in the foreground until interrupted."""
        address = self.url.removeprefix("http://")
        return subprocess.run(
            self.command("runserver", "--noreload", address), env=self._environment, cwd=PROJECT
        ).returncode

    def __enter__(self):
        self.migrate()
        address = self.url.removeprefix("http://")
        self._process = subprocess.Popen(
            self.command("runserver", "--noreload", address),
            env=self._environment,
            cwd=PROJECT,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self):
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"Django ended at once with {self._process.returncode}")
            try:
                requests.get(self.url, timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.1)
        raise AssertionError(f"Django did not answer at {self.url} in {START_TIMEOUT} s")
