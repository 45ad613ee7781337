"""Installing what the examples need, and saying which versions that is."""

import hashlib
import json
import os
import re
import subprocess
import tomllib
import venv
from pathlib import Path


def npm(folder):
    """Installs what package-lock.json says, if that is not there yet."""
    lock = folder / "package-lock.json"
    if _is_stamped(folder / "node_modules", lock):
        return
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    _stamp(folder / "node_modules", lock)


def node(script):
    """The command line of a Node program. Node 18 has Web Cryptography behind a flag."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    old = version.stdout.startswith("v18.")
    return ("node", *(["--experimental-global-webcrypto"] if old else []), script)


def virtual_environment(folder):
    """Makes `.venv` with what requirements.txt says; returns its Python."""
    path, wanted = folder / ".venv", folder / "requirements.txt"
    python = path / "bin" / "python"
    if not _is_stamped(path, wanted):
        print(f"Installing {wanted} into {path}", flush=True)
        venv.create(path, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", wanted], check=True)
        _stamp(path, wanted)
    return python


def cargo(root, *packages):
    """Builds packages of the workspace; returns the folder of their programs."""
    named = [part for package in packages for part in ("-p", package)]
    subprocess.run(["cargo", "build", "--locked", *named], cwd=root, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", root / "target")) / "debug"


def go(folder):
    """Builds every program of a Go module into `bin`."""
    (folder / "bin").mkdir(exist_ok=True)
    subprocess.run(["go", "build", "-o", "bin/", "./..."], cwd=folder, check=True)


def locked(folder, name):
    """Name and version of a package in package-lock.json."""
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    return f"{name} {packages[f'node_modules/{name}']['version']}"


def pinned(folder, name):
    """Name and version of a package in requirements.txt."""
    text = (folder / "requirements.txt").read_text()
    return f"{name} {re.search(rf'^{re.escape(name)}==(.+)$', text, re.MULTILINE)[1]}"


def in_workspace(root, name):
    """Name and version of a crate in Cargo.lock."""
    packages = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    return f"{name} {next(each['version'] for each in packages if each['name'] == name)}"


def required(folder, path):
    """Name and version of a module in go.mod."""
    text = (folder / "go.mod").read_text()
    name = re.sub(r"/v\d+$", "", path).removeprefix("github.com/")
    version = re.search(re.escape(path) + r" v(\S+)", text)[1]
    return f"{name} {version}"


def _is_stamped(path, wanted):
    stamp = path / "installed.sha256"
    return stamp.exists() and stamp.read_text() == _digest(wanted)


def _stamp(path, wanted):
    (path / "installed.sha256").write_text(_digest(wanted))


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
