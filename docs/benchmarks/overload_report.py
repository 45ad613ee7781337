"""From measurements of overload to a page. What is below the marker is kept: it is written by hand."""
import pathlib

from report import number, table

PAGE = pathlib.Path(__file__).parent / "overload.md"
REMARKS = "## Remarks"

INTRODUCTION = """# Overload

Written by `docs/benchmarks/overload.py` (its first lines say how to run it): SQLite, 1,000 users, {seconds} s for each row,
server and load generator on the same cores. The limits of requests per address and the throttle of guesses, which
would refuse all of this at once, are off. MiB is the most that the server held during a row. `/readyz` was asked all the
while.

"""


def line(row):
    return " ".join(f"{key}={'-' if value is None else number(value) if isinstance(value, float) else value}" for key, value in row.items())


def shown(value):
    return "" if value is None else number(value) if isinstance(value, float) else f"{value:,}"


def ready(row):
    return f"{row['ready']} of {row['asked']}"


def requests(rows):
    head = ["connections", "answered 200 per second", "refused %", "p50 ms of a 200", "p99 ms", "p99 ms of a refusal", "lost", "MiB", "ready"]
    keys = ["connections", "accepted", "refused", "accepted_p50", "accepted_p99", "refused_p99", "lost", "peak"]
    return "## More requests than can be served\n\n" + table(head, [[*(shown(row[key]) for key in keys), ready(row)] for row in rows]) + (
        "\nClient credentials with RS256. wrk asks again as soon as it is answered; latencies are those that eight clients\n"
        "beside it see.\n\n")


def floods(rows):
    head = ["flood of", "tokens per second, alone", "during it", "ratio", "p99 ms alone", "during it", "logins hashed per second", "refused", "MiB", "ready"]
    cells = [[f"{row['connections']} connections", shown(row["alone"]), shown(row["during"]), f"{row['during'] / row['alone']:.2f}",
              shown(row["p99_alone"]), shown(row["p99"]), shown(row["hashed"]), shown(row["refused"]), shown(row["peak"]), ready(row)]
             for row in rows]
    return "## Logins beside tokens\n\n" + table(head, cells) + (
        "\nThe flood posts wrong passwords, again as soon as it is answered, on the same cores.\n\n")


def connections(idle, slow, deaf):
    head = ["", "connections", "tokens per second beside them", "p99 ms", "MiB", "ready"]
    cells = [
        ["idle after a request", shown(idle["connections"]), shown(idle["rate"]), shown(idle["p99"]), shown(idle["memory"]), ready(idle)],
        ["a byte of a head each second", shown(slow["connections"]), shown(slow["rate"]), shown(slow["p99"]), shown(slow["peak"]), ready(slow)],
        ["asking in heaps and never reading", shown(deaf["connections"]), shown(deaf["accepted"]), shown(deaf["accepted_p99"]), shown(deaf["peak"]),
         ready(deaf)],
    ]
    each = (idle["memory"] - idle["before"]) * 1024 / idle["connections"]
    return "## Connections that mean no good\n\n" + table(head, cells) + (
        f"\nAn idle connection costs {each:.1f} KiB; all {idle['connections']:,} together {idle['cpu']:.2f} % of a core. Tokens are asked for by 64\n"
        "connections of wrk, in the last row by four clients.\n\n")


def page(results, seconds):
    old = PAGE.read_text() if PAGE.exists() else ""
    remarks = old[old.index(REMARKS):] if REMARKS in old else ""
    return INTRODUCTION.format(seconds=seconds) + requests(
        [results[name] for name in ("saturation", "ten times the clients", "sixty times the clients")]) + floods(
        [results[name] for name in ("login flood", "larger login flood")]) + connections(
        results["idle connections"], results["slow heads"], results["deaf clients"]) + remarks
