#!/usr/bin/env python3
"""Runs the Django example against a running Keywright.

    python examples/django/run.py --issuer http://127.0.0.1:8080

The Keywright must have been started with this folder's keywright.toml (try.sh does both).
The first run makes a virtual environment in `.venv` and installs requirements.txt into it.
Exit status: 0 if every step held, 1 if one did not, 2 for a wrong command line.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    arguments = parse(sys.argv[1:])
    enter_environment(arguments.venv)
    # Nothing here leaves the machine, whatever proxy the environment names.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    from story import settings, site, steps

    chosen = settings.read(arguments.config, arguments.issuer, arguments.port)
    if arguments.serve:
        served = site.Site(chosen, HERE / "notes.sqlite3")
        served.migrate()
        print(f"Open {served.url} and log in as {chosen.login!r}. Ctrl-C ends it.", flush=True)
        return served.serve()
    with tempfile.TemporaryDirectory(prefix="keywright-django-") as scratch:
        log_path = Path(scratch) / "django.log"
        with open(log_path, "wb") as log:
            with site.Site(chosen, Path(scratch) / "notes.sqlite3", log) as served:
                held = steps.run(chosen, served, report)
        if not held:
            print("\nDjango's log:\n" + log_path.read_text(errors="replace")[-4000:], flush=True)
    return 0 if held else 1


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--issuer", help="the issuer of the running Keywright")
    parser.add_argument("--config", default=HERE / "keywright.toml", help="its configuration")
    parser.add_argument("--port", type=int, default=8001, help="where the site listens")
    parser.add_argument("--venv", type=Path, default=HERE / ".venv", help="virtual environment")
    parser.add_argument("--serve", action="store_true", help="only serve the site, for a human")
    return parser.parse_args(argv)


def report(title, ok, seconds, saw):
    """Prints one line of the table."""
    print(f"{'ok' if ok else 'FAILED':6}  {seconds:5.1f} s  {title}: {saw}", flush=True)


def enter_environment(path):
    """Goes on inside the virtual environment, after making it or bringing it up to date."""
    python = path / "bin" / "python"
    wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()
    stamp = path / "requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing requirements.txt into {path}", flush=True)
        venv.create(path, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    if Path(sys.prefix).resolve() != path.resolve():
        os.execv(python, [str(python), str(Path(__file__).resolve()), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
