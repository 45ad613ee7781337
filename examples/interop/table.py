"""The table "Works with": what each library was seen to do, and to refuse."""

from . import rows

HEAD = """# Works with

Stock libraries, walked through their whole story against Keywright, on SQLite and on PostgreSQL.
Each column is a program in [`examples/`](../examples) that can be copied. `.ci/run` walks all of
them and fails when this page does not say what it saw; `examples/run.py --table` wrote it.

"""

FOOT = """
A mark stands for a step that held on SQLite and on PostgreSQL. A dash is a step that does not
concern the column: services have no user, a page without a server has no secret, and
social-auth takes an answer once, so that a code used twice never reaches Keywright.
"""


def render(examples, held):
    """The page. `held` has the rows that every database saw, by the name of the example."""
    lines = [_line(["", *(f"[{each.title}](../examples/{each.name})" for each in examples)])]
    lines.append("| --- " + "| :-: " * len(examples) + "|")
    for kind in ("Client", "API", "Framework"):
        lines.append(_line([kind, *(each.libraries[kind] for each in examples)]))
    lines += _section("**Works**", rows.WORKS, examples, held)
    lines += _section("**Is refused**", rows.REFUSED, examples, held)
    counts = [str(len(held[each.name])) for each in examples]
    lines.append(_line(["Steps", *counts]))
    return HEAD + "\n".join(lines) + "\n" + FOOT


def _section(title, titles, examples, held):
    yield _line([title, *("" for _ in examples)])
    for row, words in titles.items():
        yield _line([words, *("✓" if row in held[each.name] else "–" for each in examples)])


def _line(cells):
    return "| " + " | ".join(cells) + " |"
