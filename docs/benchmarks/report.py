#!/usr/bin/env python3
"""From measurements to a page. What is below the marker is kept: it is written by hand.

`report.py` alone writes the page anew from results.json, the last run's.
"""
import json
import os
import pathlib
import platform
import re

PAGE = pathlib.Path(__file__).parent.parent / "benchmarks.md"
OVERLOAD = pathlib.Path(__file__).parent / "overload.md"
HISTORY = "## History"

INTRODUCTION = """# Benchmarks

Written by `docs/benchmarks/run.py`, which anyone can run (its first lines say how); this run took {minutes:.0f}
minutes.{overload}

Server, database and load generator share the same {cores} cores ({machine}), so absolute figures are
guides; ratios within the run are what counts. wrk keeps 64 connections open. Each row is measured {turns} times for
{seconds} s (documents three times as often), the sizes of one engine in turn, and the median counts. SQLite is a file with
`synchronous = FULL`, PostgreSQL a cluster of its own that syncs. Before each row
the files of the databases are read once, since some machines drop within minutes what nobody asks for. A thousand users also means a thousand sessions, and at least ten
thousand grants with refresh tokens. No request of any row failed unless its table says so.

"""


def machine(results):
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    overload = " What happens under too much load is in [overload](benchmarks/overload.md)." if OVERLOAD.exists() else ""
    return INTRODUCTION.format(overload=overload, cores=len(os.sched_getaffinity(0)), machine=cpu[1].strip() if cpu else platform.machine(), **results)


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 1 else f"{value:,.3f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join([" --- "] + [" ---: "] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def by_engine(results):
    """Of each engine its places, the smallest first."""
    found = {}
    for place in results["keywright"]:
        found.setdefault(place.split(",")[0], []).append(place)
    return found


def cost(row):
    """CPU of one request, that of the database's server included."""
    return row["cpu_us"] + row.get("database_us", 0)


def growth(results, places):
    """For each row, what it costs at the largest size by what it costs at the smallest: CPU, and 1 / rate."""
    small, large = (results["keywright"][place] for place in (places[0], places[-1]))
    return {name: (cost(large[name]) / cost(row), row["rate"] / large[name]["rate"]) for name, row in small.items()}


def at_most(what, bound, value, unit="", note=""):
    return target(what, f"at most {bound:g}{unit}", value, unit, value <= bound, note)


def at_least(what, bound, value, note=""):
    return target(what, f"at least {bound:,}", value, "", value >= bound, note)


def target(what, bound, value, unit, met, note):
    shown = f"{value:.2f}" if value < 10 else number(value)
    return [what, bound, f"{shown}{unit}{note}", "met" if met else "**not met**"]


def against_others(results, name):
    """Targets of the rates, at the fewest users: of the machine, of the peer, and absolute ones."""
    of = results["keywright"][name]
    rate = lambda row, place=None: results["keywright"][place][row]["rate"] if place else of[row]["rate"]
    against = results["against"]
    if row := against.get("client_credentials, RS256"):
        yield at_least("client_credentials, RS256, by what `openssl speed` signs", 0.7, row["ratio"])
    for algorithm in ("ES256", "EdDSA"):
        yield at_least(f"client_credentials, {algorithm}, per second", 15_000, rate(f"client_credentials, {algorithm}"))
    for row in ("discovery", "JWKS"):
        if row in against:
            yield at_least(f"{row}, by the bare handler", 0.8, against[row]["ratio"])
    for row in ("introspection", "UserInfo"):
        yield at_least(f"{row}, per second", 20_000, rate(row))
    for engine, places in by_engine(results).items():
        least = 6000 if engine == "SQLite" else 3000
        yield at_least(f"refresh with rotation, per second, {engine}", least, rate("refresh with rotation", places[0]))
    yield at_least("code flow with a session, ES256, per second", 2000, rate("code flow with a session, ES256"))
    ratios = {row: of[row]["rate"] / found["rate"] for row, found in results["peer"].items() if "RS256" not in row}
    if ratios:
        row, worst = min(ratios.items(), key=lambda item: item[1])
        yield at_least("Any row but those where an RSA signature is the cost, by oidc-provider", 3, worst, f" ({row})")


def targets(results):
    rows = list(against_others(results, next(iter(results["keywright"]))))
    for engine, places in by_engine(results).items():
        if len(places) > 1:
            name, (worst, _) = max(growth(results, places).items(), key=lambda item: item[1][0])
            small, large = (place.split(", ")[1] for place in (places[0], places[-1]))
            rows.append(at_most(f"CPU of a request at {large} users by that at {small}, {engine}", 1.3, worst, note=f" ({name})"))
    footprint = results["footprint"]
    worst = lambda key: max(footprint, key=lambda place: footprint[place][key])
    for what, key, bound, unit in [("Start to first answer", "start_ms", 100, " ms"), ("Memory, idle", "memory", 30, " MiB"),
                                   ("CPU, idle", "cpu", 0.1, " % of a core")]:
        place = worst(key)
        rows.append(at_most(what, bound, footprint[place][key], unit, f" ({place} users, the worst)"))
    for found in footprint.values():
        if "after" in found:
            after = found["after"]
            rows.append(at_most(f"Memory after {after['tokens']:,} tokens", 80, after["memory"], " MiB"))
    return "## Targets\n\n" + table(["What", "target", "measured", ""], rows) + (
        "\nRates are those of SQLite at the fewest users unless the row says so. Start is from spawning the process to a 200 of\n"
        "the discovery document, on a database that exists; the median of five. Memory is resident. Idle CPU is that of 60 s\n"
        "with the management listener on. Eight of ten tokens are ES256 access tokens by client credentials, one is opaque,\n"
        "one comes from the code flow.\n\n")


def rates(results):
    engines = by_engine(results)
    first = next(iter(engines.values()))[0]
    ends = [place for places in engines.values() for place in dict.fromkeys((places[0], places[-1]))]
    rows = []
    for name, row in results["keywright"][first].items():
        cells = [name] + [number(results["keywright"][place][name]["rate"]) for place in ends]
        peer = results["peer"].get(name)
        cells += [number(peer["rate"]), f"{row['rate'] / peer['rate']:.1f}"] if peer else ["", ""]
        rows.append(cells)
    return "## Per second\n\n" + table(["", *ends, "oidc-provider", "ratio"], rows) + (
        f"\nA code flow is two requests, counted as one. `ratio` is Keywright on {first} users by\n"
        "[oidc-provider](https://www.npmjs.com/package/oidc-provider) with its in-memory adapter: one process, since that\n"
        "adapter is of one process, and Node uses one core for most of its work; Keywright uses what wrk leaves of all.\n"
        "Its clients, algorithms, lifetimes, PKCE and rotation are the same; it stores nothing on a disk, and its tokens for\n"
        "introspection and UserInfo are opaque, because it accepts no others there.\n\n")


def growths(results):
    engines = {engine: places for engine, places in by_engine(results).items() if len(places) > 1}
    if not engines:
        return ""
    ratios = {engine: growth(results, places) for engine, places in engines.items()}
    head = [""] + [f"{engine}, {what}" for engine in ratios for what in ("CPU", "time")]
    rows = [[name] + [f"{value:.2f}" for engine in ratios for value in ratios[engine][name]] for name in next(iter(ratios.values()))]
    small, large = (place.split(", ")[1] for place in (next(iter(engines.values()))[0], next(iter(engines.values()))[-1]))
    return f"## What {large} users cost, by what {small} do\n\n" + table(head, rows) + (
        "\nCPU is that of the server and, for PostgreSQL, of its backends, per request. Time is one by the rate.\n\n")


def against_the_machine(results):
    first = next(iter(results["keywright"]))
    of = results["keywright"][first]
    rows = []
    for name, reference in results["against"].items():
        what = "`openssl speed`, all cores" if name.startswith("client_credentials") else "a bare actix-web handler"
        rows.append([name, number(of[name]["rate"]), f"{what}: {number(reference['rate'])}", f"{reference['ratio']:.2f}"])
    return f"## Against the machine ({first} users)\n\n" + table(["", "per second", "compared with", "ratio"], rows) + (
        "\nBoth are measured in turn; the ratio is the median of the turns'.\n\n")


def details(results):
    text = "## All figures\n\np50 and p99 are of a request. CPU is per request, or per code flow. MiB is what the server holds after the row.\n\n"
    for place, rows in results["keywright"].items():
        text += f"### {place} users\n\n" + figures(rows, "database_us" if place.startswith("PostgreSQL") else None)
    if results["peer"]:
        text += f"### oidc-provider\n\nIdle at first: {number(results['peer_idle'])} MiB.\n\n" + figures(results["peer"], None)
    return text


def figures(rows, database):
    head = ["", "per second", "p50 ms", "p99 ms", "CPU us", *(["of the database"] if database else []), "MiB", "failed"]
    cells = [[name, number(row["rate"]), f"{row['p50']:.2f}", f"{row['p99']:.2f}", number(row["cpu_us"]),
              *([number(row[database])] if database else []), f"{row['memory']:.1f}", str(row["failed"])] for name, row in rows.items()]
    return table(head, cells) + "\n"


def page(results):
    old = PAGE.read_text() if PAGE.exists() else ""
    history = old[old.index(HISTORY):] if HISTORY in old else HISTORY + "\n"
    return machine(results) + targets(results) + rates(results) + growths(results) + against_the_machine(results) + details(results) + history


if __name__ == "__main__":
    PAGE.write_text(page(json.loads((PAGE.parent / "benchmarks/results.json").read_text())))
