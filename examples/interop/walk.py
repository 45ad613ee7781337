"""Walks the stories, each with a Keywright of its own, and tells how it went."""

import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from . import rows
from .chromium import Chromium
from .machines import MachineStory
from .stage import Stage
from .story import Story


def walk(example, binary, postgresql=None):
    """Walks one story until a step fails. Returns the rows that held, and whether all did."""
    kind = "PostgreSQL" if postgresql else "SQLite"
    held = []
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="keywright-interop-"))
        database = _own_database(postgresql, example.name) if postgresql else None
        stage = stack.enter_context(Stage(example, binary, scratch, database=database))
        story = _story(example, stage, stack)
        for row in story.rows():
            started = time.monotonic()
            failure = _failure(getattr(story, row))
            spent = time.monotonic() - started
            mark = "FAILED" if failure else "ok"
            told = f"{mark:6} {spent:5.1f} s  {example.name} on {kind}: {rows.TITLES[row]}"
            print(told, flush=True)
            if failure:
                print(f"{failure}\n{stage.logs()}", flush=True)
                return held, False
            held.append(row)
    return held, True


def _story(example, stage, stack):
    if example.machine:
        return MachineStory(stage)
    if not example.scripted:
        return Story(stage)
    chromium = Chromium()
    stack.callback(chromium.close)
    return Story(stage, chromium.browser)


def _failure(step):
    """What a step fails with, or None."""
    try:
        step()
    except Exception as error:  # whatever it is, it is this step's failure
        return f"{type(error).__name__}: {error}"
    return None


def _own_database(url, name):
    """Makes a database beside the given one; returns its URL."""
    own = f"interop_{Path(name).name}"
    sql = [f"DROP DATABASE IF EXISTS {own}", f"CREATE DATABASE {own}"]
    commands = [part for each in sql for part in ("-c", each)]
    subprocess.run(["psql", "--quiet", "-d", url, *commands], check=True, capture_output=True)
    return urlunsplit(urlsplit(url)._replace(path=f"/{own}"))
