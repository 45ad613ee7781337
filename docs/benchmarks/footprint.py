"""What a server costs that has nothing to do, and what it keeps after much work."""
import statistics
import time

from oauth import basic
from rows import code_flow


def starts(subject, times):
    """Milliseconds from the spawn to the first 200 of discovery, on the database as it is; the median."""
    took = []
    for _ in range(times):
        subject.server.stop()
        subject.start()
        took.append(subject.server.start_ms)
    return statistics.median(took)


def idle(subjects, seconds):
    """For each server, all at once: resident MiB, and the share of a core in per cent while nobody asks for anything."""
    # What a start leaves to do is not idleness.
    time.sleep(min(seconds, 3))
    before = [subject.server.cpu() for subject in subjects]
    time.sleep(seconds)
    return [{"memory": subject.server.memory(), "cpu": (subject.server.cpu() - cpu) / seconds * 100}
            for subject, cpu in zip(subjects, before)]


def memory_after(subject, wanted):
    """Resident MiB once this many more tokens were issued: of ten, eight by client credentials (ES256), one opaque,
    one by the code flow, which issues three."""
    issued = {"code flow": 0, "opaque": 0, "ES256": 0}
    shares = {"code flow": 0.1, "opaque": 0.1, "ES256": 0.8}
    peak = subject.server.memory()
    body = {name: subject.robot_body(name) for name in ("ES256", "opaque")}
    failed = 0
    while (total := sum(issued.values())) < wanted:
        name = max(shares, key=lambda name: shares[name] * wanted - issued[name])
        if name == "code flow":
            row = code_flow("ES256")(subject, 0)
            issued[name] += row["requests"] // 2 * 3
        else:
            row = subject.load("/token", "post.lua", BODY=body[name], AUTHORIZATION=basic("robot"))
            issued[name] += row["requests"]
        failed += row["failed"]
        peak = max(peak, row["memory"])
    return {"tokens": total, "memory": subject.server.memory(), "peak": peak, "failed": failed}
