"""A scratch cluster of PostgreSQL that syncs, on loopback."""
import glob
import os
import pathlib
import shutil
import subprocess
import tempfile

from process import cpu_of, free_port


class Postgresql:
    def __init__(self):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.psql = f"{self.bin}/psql"
        self.scratch = tempfile.mkdtemp(prefix="keywright-pg.")
        self.data = pathlib.Path(self.scratch, "data")
        self.port, self.made = free_port(), 0
        if os.getuid() == 0:
            shutil.chown(self.scratch, "postgres")
        self.run("initdb", "-D", str(self.data), "-U", "keywright", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.run("pg_ctl", "-D", str(self.data), "-l", f"{self.scratch}/log", "-w", "-o",
                 f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.scratch} -c shared_buffers=256MB -c max_wal_size=4GB", "start")
        self.postmaster = int((self.data / "postmaster.pid").read_text().split()[0])

    def run(self, program, *arguments):
        command = [f"{self.bin}/{program}", *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def fresh(self):
        self.made += 1
        name = f"bench{self.made}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "keywright", name)
        return f"postgres://keywright@127.0.0.1:{self.port}/{name}"

    def cpu(self, url):
        """Seconds of CPU of the backends that are connected to this database."""
        wanted = f"keywright {url.rsplit('/', 1)[1]} "
        seconds = 0
        for pid in pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split():
            try:
                if wanted in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                    seconds += cpu_of(int(pid))
            except OSError:
                pass
        return seconds

    def close(self):
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.scratch)
