"""From measurements to a page. The history below the marker is kept: it is written by hand."""
import pathlib
import platform
import re
import subprocess

PAGE = pathlib.Path(__file__).parent.parent / "benchmarks.md"
HISTORY = "## History"
SIGNED = {"client_credentials, RS256": "RS256", "client_credentials, ES256": "ES256", "client_credentials, EdDSA": "EdDSA"}

INTRODUCTION = """# Benchmarks

Written by `docs/benchmarks/run.py`, which anyone can run (its first lines say how). Server and load
generator share the same {cores} cores ({machine}), so absolute figures are guides; the ratios within
one run are what counts. wrk keeps 64 connections open. Memory is resident after the row. CPU is the
server's own, per request; a code flow is two requests. SQLite is a file with `synchronous = FULL`,
PostgreSQL a cluster of its own that syncs, on the same cores and outside the memory and CPU columns.

"""


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    cores = subprocess.run(["nproc"], capture_output=True, text=True).stdout.strip()
    return INTRODUCTION.format(cores=cores, machine=cpu[1].strip() if cpu else platform.machine())


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join([" --- "] + [" ---: "] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def rates(results):
    places = list(results["start"])
    smallest = places[0]
    head = ["Row", *[f"{place}" for place in places], "1,000,000 : 1,000", "oidc-provider", "Keywright : oidc-provider"]
    rows = []
    for name, by_place in results["keywright"].items():
        cells = [name] + [number(by_place[place]["rate"]) if place in by_place else "" for place in places]
        small, large = by_place.get("SQLite, 1,000"), by_place.get("SQLite, 1,000,000")
        cells.append(f"{large['cpu_us'] / small['cpu_us']:.2f}" if small and large and small["cpu_us"] else "")
        peer = results["peer"].get(name)
        cells += [number(peer["rate"]), f"{by_place[smallest]['rate'] / peer['rate']:.1f}"] if peer else ["", ""]
        rows.append(cells)
    return "## Requests per second\n\n" + table(head, rows) + (
        "\n`1,000,000 : 1,000` compares the CPU per request on SQLite with a million users, sessions, grants\n"
        "and refresh tokens to that with a thousand.\n\n")


def against_the_machine(results):
    first = next(iter(results["start"]))
    rows = []
    for name, algorithm in SIGNED.items():
        if name in results["keywright"]:
            rate, speed = results["keywright"][name][first]["rate"], results["openssl"][algorithm]
            rows.append([name, number(rate), f"`openssl speed`, all cores: {number(speed)} signatures/s", f"{rate / speed:.2f}"])
    if "bare" in results:
        for name in ["discovery", "JWKS"]:
            rate, bare = results["keywright"][name][first]["rate"], results["bare"]["rate"]
            rows.append([name, number(rate), f"a bare actix-web handler: {number(bare)}", f"{rate / bare:.2f}"])
    return f"## Against the machine ({first})\n\n" + table(["Row", "per second", "compared with", "ratio"], rows) + "\n"


def details(results):
    text = "## Latency, CPU and memory\n\n"
    for place, start in results["start"].items():
        text += (f"### {place} users\n\nStart to first connection {number(start['start_ms'])} ms, "
                 f"{number(start['memory'])} MiB then.\n\n")
        rows = [[name, number(row["rate"]), f"{row['p50']:.2f}", f"{row['p99']:.2f}", number(row["cpu_us"]),
                 number(row["memory"]), str(row["failed"])]
                for name, by_place in results["keywright"].items() if (row := by_place.get(place))]
        text += table(["Row", "per second", "p50 ms", "p99 ms", "CPU us", "MiB", "failed"], rows) + "\n"
    if results["peer"]:
        rows = [[name, number(row["rate"]), f"{row['p50']:.2f}", f"{row['p99']:.2f}", number(row["cpu_us"]),
                 number(row["memory"]), str(row["failed"])] for name, row in results["peer"].items()]
        text += "### oidc-provider (npm), in-memory adapter\n\n"
        text += table(["Row", "per second", "p50 ms", "p99 ms", "CPU us", "MiB", "failed"], rows) + "\n"
    return text


def page(results):
    old = PAGE.read_text() if PAGE.exists() else ""
    history = old[old.index(HISTORY):] if HISTORY in old else HISTORY + "\n"
    return machine() + against_the_machine(results) + rates(results) + details(results) + history
