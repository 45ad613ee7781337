#!/usr/bin/env python3
"""Starts an example with a Keywright of its own, to look at or to be tested.

    examples/run.py node                     look at it in a browser
    examples/run.py node --story             walk its story and say which steps held
    examples/run.py --story                  walk all of them

Exit status: 0 if all is well, 1 if a step did not hold, 2 for a wrong command line.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interop import adapters, packages  # noqa: E402
from interop.keywright import USER  # noqa: E402

HERE = Path(__file__).resolve().parent
PORTS = (8080, 3000, 3001)


def main():
    arguments = parse(sys.argv[1:])
    if arguments.story:
        enter(packages.virtual_environment(HERE / "interop"))
    binary = (arguments.keywright or build(arguments.examples)).resolve()
    if not arguments.story:
        return look(adapters.ALL[arguments.examples[0]](), binary)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    return story(arguments, binary)


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("examples", nargs="*", metavar="EXAMPLE", help=", ".join(adapters.ALL))
    told = "its binary, with those of the example in Rust beside it; else they are built"
    parser.add_argument("--keywright", type=Path, metavar="PATH", help=told)
    parser.add_argument("--story", action="store_true", help="test it in place of serving it")
    parser.add_argument("--postgresql", metavar="URL", help="walk on PostgreSQL, too")
    parser.add_argument("--table", type=Path, metavar="PATH", help="write the table there")
    parser.add_argument("--check", action="store_true", help="compare the table in place of that")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.examples) - set(adapters.ALL)
    if unknown or (not arguments.story and len(arguments.examples) != 1):
        parser.error(f"name one of {', '.join(adapters.ALL)}")
    if arguments.table and (arguments.examples or not arguments.postgresql):
        parser.error("the table is made of all examples on both databases")
    return arguments


def build(examples):
    """Builds Keywright from here, and the example in Rust where it takes part."""
    rust = not examples or "rust" in examples
    wanted = ["keywright", *(["keywright-example"] if rust else [])]
    return packages.cargo(HERE.parent, *wanted) / "keywright"


def enter(python):
    """Goes on inside the suite's virtual environment."""
    if Path(sys.prefix).resolve() != python.parents[1].resolve():
        os.execv(python, [str(python), str(Path(__file__).resolve()), *sys.argv[1:]])


def look(example, binary):
    """Serves an example until interrupted."""
    from interop.stage import Stage

    example.install()
    with tempfile.TemporaryDirectory(prefix="keywright-example-") as scratch:
        with Stage(example, binary, scratch, ports=PORTS) as stage:
            print(f"\n  {example.title}: {stage.site}")
            if not example.machine:
                print(f"  Log in as {USER['login']!r} with {USER['password']!r}.")
            print("  Ctrl-C ends it.\n", flush=True)
            try:
                stage.wait()
            except KeyboardInterrupt:
                return 0


def story(arguments, binary):
    """Walks the stories on each database, and writes or compares the table."""
    from interop import table
    from interop.walk import walk

    examples = [adapters.ALL[name]() for name in arguments.examples or adapters.ALL]
    held, well = {}, True
    for example in examples:
        example.install()
        for database in [None, arguments.postgresql][: 2 if arguments.postgresql else 1]:
            rows, whole = walk(example, binary, database)
            held[example.name] = [row for row in held.get(example.name, rows) if row in rows]
            well = well and whole
    if not arguments.table or not well:
        return 0 if well else 1
    page = table.render(examples, held)
    if not arguments.check:
        arguments.table.write_text(page)
    elif arguments.table.read_text() != page:
        print(f"{arguments.table} is not what was seen; write it with --table, without --check")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
