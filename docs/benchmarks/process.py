"""A server as a process, measured from outside, and wrk."""
import contextlib
import fcntl
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_of(pid):
    """Seconds of CPU that a process has used, all threads, ended ones too: the clock of clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


class Server:
    """A process that is measured from outside: CPU and memory as the kernel counts them.

    `start_ms` is the time from its spawn to a connection, or to an answer 200 for the path `answers`.
    """

    def __init__(self, command, port, answers=None, **options):
        self.base, self.port = f"http://127.0.0.1:{port}", port
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
        while not self.is_up(answers):
            if self.process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {self.process.returncode}")
            time.sleep(0.0005)
        self.start_ms = (time.monotonic() - began) * 1000

    def is_up(self, path):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                if path is None:
                    return True
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n".encode())
                return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False

    def cpu(self):
        return cpu_of(self.process.pid)

    def memory(self):
        """Resident MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def close(self):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def wrk(server, path, seconds, script=None, connections=64, **environment):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    if script:
        command += ["-s", str(HERE / "load" / script)]
    cpu = server.cpu()
    done = subprocess.run(command + [server.base + path], capture_output=True, text=True, check=True,
                          env={**os.environ, **environment})
    cpu = server.cpu() - cpu
    text = done.stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    quantile = lambda name: re.search(rf"{name}%\s+([\d.]+)(us|ms|s)", text)
    milliseconds = lambda found: float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        "p50": milliseconds(quantile(50)), "p99": milliseconds(quantile(99)),
        "cpu_us": cpu / max(requests, 1) * 1e6, "memory": server.memory(),
        "failed": failures(text), "requests": requests,
    }


def failures(text):
    """Refused, lost, and answered with something else than the script wants."""
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    unexpected = re.findall(r"Unexpected: (\d+)", text)
    return (int(refused[1]) if refused else 0) + sum(map(int, lost.groups() if lost else [])) + sum(map(int, unexpected))


def median(runs):
    """One row of several runs of it: the median of each figure, the sum of what was counted."""
    counted = {"failed", "requests"}
    return {key: (sum if key in counted else statistics.median)(run[key] for run in runs) for key in runs[0]}


def per_flow(measured):
    """Two requests are one flow; p50 and p99 remain those of a request."""
    doubled = {key: measured[key] * 2 for key in ("cpu_us", "database_us") if key in measured}
    return {**measured, **doubled, "rate": measured["rate"] / 2}


def read_through(path):
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def write_lines(directory, name, lines):
    path = directory / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


@contextlib.contextmanager
def alone(lock):
    """Holds the lock that builds on the same machine wait for, if there is one."""
    if not lock:
        yield
        return
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
