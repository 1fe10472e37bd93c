"""What is measured: Atoll's edge and the floor. The peers are in peers.py. Each runs pinned to one core,
its upstream and the load generator on the other."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import machine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))
import harness  # noqa: E402

CACHE_MIB = 3072  # what every cache may use


class Atoll:
    name = "atoll-edge"
    trust = None

    def __init__(self, workers=1, cores=str(machine.SERVER_CORE), limits=None):
        self.cluster = harness.Cluster(
            sources={"site": {"type": "synthetic", "max_size": "4GiB"}}, limits=limits,
            edge={"workers": workers, "cache_memory": f"{CACHE_MIB}MiB"}, certificates=[["localhost"]],
            trust=self.trust)
        self.cluster.control.core = self.cluster.origin.core = machine.OTHER_CORE
        self.cluster.edges["fra"].core = cores
        try:
            self.cluster.start()
        except BaseException:
            self.cluster.print_logs()
            self.close()
            raise
        self.endpoint = self.cluster.endpoints["fra"]
        self.tls_endpoint = self.cluster.tls_endpoints["fra"]

    def path(self, size):
        """(before, after) the number of an object of so many bytes."""
        return "/object/", f"?size={size}"

    def runs(self, scenario):
        return True

    def pids(self):
        return [self.cluster.edges["fra"].pid]

    def upstream_pids(self):
        """Of what is asked on a miss and is ours as well."""
        return [self.cluster.origin.pid]

    def favour(self):
        for program in self.cluster.programs():
            machine.favour(program.pid)

    def fetched(self):
        """Requests that went to the origin since the start."""
        text = harness.request(self.cluster.admins["fra"], "/metrics").body.decode()
        return int(float(re.search(r"^atoll_edge_misses_total(?:{[^}]*})? (\S+)", text, re.M)[1]))

    def memory(self):
        return sum(machine.memory_bytes(pid) for pid in self.pids())

    def close(self):
        self.cluster.stop()
        self.cluster.remove()


class TrustingAtoll(Atoll):
    """The same with mutual TLS to its origin: other than `atoll-edge` for misses only."""

    name = "atoll-edge-mtls"
    trust = {}

    def runs(self, scenario):
        return scenario.miss


class Process:
    """A program with a folder in memory and an address of its own, pinned."""

    core = machine.SERVER_CORE

    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="atoll-bench-", dir="/dev/shm"))
        address = harness.loopback()
        self.host, self.port = address, harness.free_port(address)
        self.endpoint = f"{self.host}:{self.port}"
        self.tls_endpoint = f"{address}:{harness.free_port(address)}"
        self.log = open(self.place / "log", "wb")
        self.process = subprocess.Popen(["taskset", "-c", str(self.core), *self.command()],
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env=self.environment(), start_new_session=True)
        try:
            harness.wait_until(self.answers, 60, f"{self.name} answers")
        except AssertionError as error:
            said = (self.place / "log").read_text(errors="replace")[-2000:]
            self.close()
            raise AssertionError(f"{error}: {said}") from None

    def environment(self):
        return None

    def path(self, size):
        return f"/{size}/", ""

    def runs(self, scenario):
        return True

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        try:
            return harness.request(self.endpoint, "/1024/0", timeout=2).status == 200
        except OSError:
            return False

    def pids(self):
        return machine.tree(self.process.pid)

    def upstream_pids(self):
        return []

    def favour(self):
        machine.favour(self.process.pid)

    def fetched(self):
        return 0

    def memory(self):
        return sum(machine.memory_bytes(pid) for pid in self.pids()) + machine.folder_bytes(self.place)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.log.close()
        shutil.rmtree(self.place, ignore_errors=True)


class Floor(Process):
    """bench-floor: what the kernel's part of an answer costs, and nothing else."""

    name = "floor"

    def __init__(self, size, send_buffer=0):
        self.size, self.send_buffer = size, send_buffer
        super().__init__()

    def command(self):
        return [str(harness.BUILD / "bin/bench-floor"), "--host", self.host, "--port", str(self.port),
                "--body", str(self.size), "--send-buffer", str(self.send_buffer)]
