"""Starts the real programs on free loopback ports, in a directory of their own, and stops them.

ATOLL_BUILD names the build directory whose bin/ holds the programs. Nothing here sleeps for a fixed
time: everything waits for a condition until a deadline.
"""

import http.client
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import mmdb

BUILD = pathlib.Path(os.environ.get("ATOLL_BUILD", "build/dev")).resolve()
READY = 20.0  # seconds a program may take to serve; sanitizer builds are slow

# Networks of the test database, one per country.
NETWORKS = {
    "DE": "91.0.0.0/10", "FR": "90.0.0.0/9", "US": "12.0.0.0/8", "CA": "24.48.0.0/16",
    "BR": "177.0.0.0/12", "AR": "181.0.0.0/12", "IN": "117.192.0.0/10", "SG": "116.86.0.0/15",
    "MY": "175.136.0.0/13", "AU": "1.120.0.0/13", "NZ": "122.56.0.0/14", "AT": "2a02:1748::/32",
}

POPS = {
    "fra": ("Frankfurt", "DE", 50.11, 8.68),
    "iad": ("Ashburn", "US", 39.04, -77.49),
    "gru": ("São Paulo", "BR", -23.55, -46.63),
    "bom": ("Mumbai", "IN", 19.08, 72.88),
    "sin": ("Singapore", "SG", 1.35, 103.82),
    "syd": ("Sydney", "AU", -33.87, 151.21),
}

# Settings of a behaviour itself; the others are its cache's.
BEHAVIOUR_KEYS = {"allowed_methods", "request_headers", "response_headers", "viewer_protocol",
                  "https_port", "compression", "signing_keys"}

_addresses = itertools.count(os.getpid() * 8 % 60000 + 256)


def client_in(country, host=1):
    """An address in the database's network of `country`."""
    import ipaddress
    return str(ipaddress.ip_network(NETWORKS[country])[256 + host])


def loopback():
    """Another address of 127.0.0.0/8, so that clusters of parallel tests do not meet."""
    number = next(_addresses)
    return f"127.{64 + number // 65536 % 64}.{number // 256 % 256}.{number % 254 + 1}"


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """The condition's first true value; fails the test when the deadline passes."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        before = time.monotonic()
        if before > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)
        # While the machine stood still nobody had the time.
        deadline += max(0.0, time.monotonic() - before - 1)


class Program:
    """One process of ours, its log and its end."""

    def __init__(self, name, arguments, log, env=None):
        self.name, self.arguments, self.log_path, self.env = name, arguments, log, env
        self.build = BUILD
        self.core = None  # pinned to it, if set before start()
        self.process = None

    def start(self):
        binary = self.build / "bin" / self.name
        if not binary.exists():
            raise AssertionError(f"{binary} is not built")
        self.log_file = open(self.log_path, "ab")
        self.log_file.write(f"--- {self.name} {' '.join(self.arguments)}\n".encode())
        self.log_file.flush()
        pinned = [] if self.core is None else ["taskset", "-c", str(self.core)]
        self.process = subprocess.Popen([*pinned, binary, *self.arguments], stdout=self.log_file,
                                        stderr=self.log_file, stdin=subprocess.DEVNULL,
                                        env=self.env)
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: no chance to say goodbye."""
        self.process.kill()
        self.process.wait(10)
        self.log_file.close()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """SIGTERM; the exit code. A program that does not end in time is a failure."""
        if self.process is None:
            return 0
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"{self.name} did not stop within 15 s of SIGTERM") from None
        finally:
            self.log_file.close()
        return code

    def log(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def memory_peak(self):
        """VmHWM in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def section(head, values):
    return f"{head}\n" + "".join(f"{k} = {toml(v)}\n" for k, v in values.items()) + "\n"


class Reply:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    @property
    def cache(self):
        """The last member of Cache-Status: what the PoP says."""
        return (self.get("Cache-Status") or "").split(",")[-1].strip()

    @property
    def hit(self):
        parameters = [p.strip() for p in self.cache.split(";")[1:]]
        return "hit" in parameters and not any(p.startswith("fwd=") for p in parameters)

    def __repr__(self):
        return f"<{self.status} {self.cache!r} {len(self.body)} bytes>"


def request(endpoint, target, method="GET", fields=None, body=None, host=None, timeout=15):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(endpoint, timeout=timeout)
    try:
        return request_on(connection, target, method, fields, body, host)
    finally:
        connection.close()


def request_on(connection, target, method="GET", fields=None, body=None, host=None):
    connection.putrequest(method, target, skip_host=host is not None, skip_accept_encoding=True)
    if host is not None:
        connection.putheader("Host", host)
    for name, value in (fields.items() if isinstance(fields, dict) else fields or []):
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    return Reply(answer.status, answer.getheaders(), answer.read())


def write_certificate(base, names, days=2):
    """BASE.pem and BASE.key: self-signed, for the DNS names; made anew each time."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", base + ".key", "-out", base + ".pem", "-days", str(days), "-subj", "/CN=atoll test",
         "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)],
        check=True, capture_output=True, timeout=30)


def curl(*arguments, timeout=60):
    """curl without the user's settings; its standard output."""
    done = subprocess.run(["curl", "-q", "--noproxy", "*", "-sS", *arguments], timeout=timeout,
                          capture_output=True, check=False)
    return done


def raw(endpoint, data, timeout=10, finish=False):
    """Sends `data` as it is; everything that comes back until the server closes, and whether it
    closed (rather than going silent for `timeout`)."""
    host, port = endpoint.rsplit(":", 1)
    received = b""
    with socket.create_connection((host, int(port)), timeout=timeout) as sock:
        try:
            sock.sendall(data)
            if finish:
                sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it read everything; the answer may still be there
        try:
            while piece := sock.recv(65536):
                received += piece
        except TimeoutError:
            return received, False
        except ConnectionResetError:
            pass
    return received, True


class Cluster:
    """A control plane, an origin and an edge per PoP, with state in a directory that goes away."""

    def __init__(self, pops=("fra",), sources=None, behaviours=None, edge=None, limits=None,
                 control=None, overrides=None, sibling_origins=1, certificates=None,
                 volumes=(), origin=None, distribution=None, dns=None, signing_keys=None,
                 shields=None, nodes=(), api=None, trust=None, pop_settings=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="atoll-e2e-"))
        self.pops, self.edge_settings, self.limits = list(pops), edge or {}, limits or {}
        self.origin_settings = origin or {}  # of every [[origin]]; a dict within is a table of it
        self.shields = shields or {}  # pop -> its shield
        self.pop_settings = pop_settings or {}  # pop -> further keys of its [[pop]]
        # More nodes of a PoP: "fra.1" is node "1" of "fra". With any, or with a shield, edges answer
        # one another at peers[name].
        self.tiered = bool(self.shields or nodes)
        # Mutual TLS everywhere; settings of the control plane's [control.trust].
        self.trust = trust
        self.volumes = list(volumes)  # sizes; a file for each PoP and volume
        self.sources = sources or {"site": {"type": "synthetic"}}
        self.behaviours = behaviours or [("*", next(iter(self.sources)), {})]
        self.distribution = distribution or {}
        self.signing_keys = signing_keys or {}  # id -> hexadecimal digits
        self.control_settings, self.overrides = control or {}, overrides
        self.api, self.token = api or {}, None  # settings of [api]; what status() shows
        address = loopback()
        # Settings of [dns]; the zone is cdn.example, answered at dns_endpoint.
        self.dns, self.dns_endpoint = dns, f"{address}:{free_port(address)}"
        self.http = f"{address}:{free_port(address)}"
        self.fleet = f"{address}:{free_port(address)}"
        address = loopback()
        self.origin_endpoint = f"{address}:{free_port(address)}"
        self.origin_admin = f"{address}:{free_port(address)}"
        # Certificate names -> an edge also serves TLS, at tls_endpoints[pop].
        self.certificates = certificates or []
        self.endpoints, self.admins, self.tls_endpoints, self.peers = {}, {}, {}, {}
        for names in self.certificates:
            write_certificate(self.path(names[0].replace("*", "any")), names)
        self.names = [*self.pops, *nodes]
        for pop in self.names:
            address = loopback()
            self.peers[pop] = f"{address}:{free_port(address)}"
            self.tls_endpoints[pop] = f"{address}:{free_port(address)}"
            self.endpoints[pop] = f"{address}:{free_port(address)}"
            self.admins[pop] = f"{address}:{free_port(address)}"
        self.write_geo()
        self.write_control()
        self.write_origin()
        self.control = self.program("atoll-control", "control")
        self.origin = self.program("atoll-origin", "origin")
        self.edges = {name: self.edge_program(name) for name in self.names}

    # ---- configuration ----

    def path(self, name):
        return str(self.directory / name)

    def write_geo(self):
        mmdb.write(self.path("geo.mmdb"), {
            network: {"country_code": code, "country": {"iso_code": code}}
            for code, network in NETWORKS.items()})

    def control_text(self):
        settings = {"listen": self.http, "fleet_listen": self.fleet,
                    "geo_database": self.path("geo.mmdb"), "lease": "1s",
                    "state_dir": self.path("control-state"), **self.control_settings}
        if self.overrides is not None:
            pathlib.Path(self.path("subnets.toml")).write_text(self.overrides)
            settings["subnets"] = self.path("subnets.toml")
        text = section("[control]", settings)
        if self.trust is not None:
            text += section("[control.trust]", {"enabled": True, **self.trust})
        text += self.dns_text()
        if self.api:
            text += section("[api]", self.api)
        for pop in self.pops:
            city, country, latitude, longitude = POPS[pop]
            text += section("[[pop]]", {"id": pop, "city": city, "country": country,
                                        "latitude": latitude, "longitude": longitude,
                                        "endpoints": [self.endpoints[pop]],
                                        **({"shield": self.shields[pop]} if pop in self.shields else {}),
                                        **self.pop_settings.get(pop, {})})
            for name in self.names if self.tiered else ():
                if name.split(".")[0] == pop:
                    text += section("[[pop.node]]", {"name": name.partition(".")[2] or "0",
                                                     "peer": self.peers[name]})
        for source in self.sources:
            text += section("[[origin]]", {"id": source, "endpoint": self.origin_endpoint,
                                           "source": source, "head_timeout": "10s",
                                           **{key: value for key, value in self.origin_settings.items()
                                              if not isinstance(value, dict)}})
            for key, value in self.origin_settings.items():
                if isinstance(value, dict):
                    text += section(f"[origin.{key}]", value)
            text += section("[[origin_group]]", {"id": source, "origins": [source]})
        for key, secret in self.signing_keys.items():
            text += section("[[signing_key]]", {"id": key, "secret": secret})
        distribution = dict(self.distribution)
        error_pages = distribution.pop("error_page", [])
        text += section("[[distribution]]", {"id": "everything", "hosts": ["*"],
                                              **distribution})
        for page in error_pages:
            text += section("[[distribution.error_page]]", page)
        for pattern, source, cache in self.behaviours:
            settings = dict(cache)
            behaviour = {"path": pattern, "origin_group": source}
            for key in BEHAVIOUR_KEYS.intersection(settings):
                behaviour[key] = settings.pop(key)
            text += section("[[distribution.behaviour]]", behaviour)
            if settings:
                text += section("[distribution.behaviour.cache]", settings)
        return text

    def dns_text(self):
        if self.dns is None:
            return ""
        text = section("[dns]", {"listen": [self.dns_endpoint], "zone": "cdn.example",
                                 "name_servers": ["ns1.cdn.example"], **self.dns})
        records = [("ns1.cdn.example", "A", "192.0.2.53"),
                   ("text.cdn.example", "TXT", "hello world"),
                   ("www.cdn.example", "CNAME", "everything.cdn.example"),
                   *[("big.cdn.example", "TXT", letter * 250) for letter in "abcdefgh"]]
        return text + "".join(section("[[dns.record]]", {"name": name, "type": kind, "value": value})
                              for name, kind, value in records)

    def trust_text(self, head, who, more):
        """The table `head` of an edge or origin, with a new token for it."""
        if self.trust is None:
            return ""
        return section(head, {"enabled": True, "refresh": "200ms",
                              "token_file": self.join_token(*who), **more})

    def join_token(self, *who):
        """The path of a file with a new join token for `who`, flags of `atoll-control`."""
        done = self.control_command("node", "token", *who)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        path = pathlib.Path(self.path("-".join(who).replace("--", "") + ".token"))
        path.write_bytes(done.stdout)
        return str(path)

    def control_command(self, *arguments):
        """A subcommand of `atoll-control`, beside the one that runs."""
        return subprocess.run([BUILD / "bin" / "atoll-control", "--config", self.path("control.toml"),
                               *arguments],
                              capture_output=True, timeout=60, check=False)

    def revoke(self, *who):
        done = self.control_command("node", "revoke", *who)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())

    def write_control(self, text=None):
        pathlib.Path(self.path("control.toml")).write_text(text or self.control_text())

    def write_origin(self):
        text = section("[origin]", {"listen": self.origin_endpoint, "admin_listen": self.origin_admin})
        text += self.trust_text("[origin.trust]", ("--kind", "origin", "--name", "site"),
                                {"control": self.fleet, "name": "site",
                                 "state_dir": self.path("origin-state")})
        for name, settings in self.sources.items():
            text += section(f"[source.{name}]", settings)
        pathlib.Path(self.path("origin.toml")).write_text(text)

    def write_edge(self, pop):
        text = section("[edge]", {
            "pop": pop.split(".")[0], "node": pop.partition(".")[2] or "0",
            "listen": [self.endpoints[pop]],
            "admin_listen": self.admins[pop], "control": self.fleet,
            "state_dir": self.path(f"edge-{pop}-state"), "cache_memory": "64MiB", "workers": 1,
            **({"peer_listen": self.peers[pop]} if self.tiered else {}), **self.edge_settings})
        if self.limits:
            text += section("[edge.limits]", self.limits)
        text += self.tls_text(pop)
        text += self.trust_text("[edge.trust]",
                                ("--pop", pop.split(".")[0], "--node", pop.partition(".")[2] or "0"),
                                {})
        for number, size in enumerate(self.volumes):
            text += section("[[edge.disk]]", {
                "path": self.path(f"edge-{pop}-volume-{number}"), "size": size})
        pathlib.Path(self.path(f"edge-{pop}.toml")).write_text(text)

    def tls_text(self, pop):
        if not self.certificates:
            return ""
        text = section("[edge.tls]", {"listen": [self.tls_endpoints[pop]]})
        for names in self.certificates:
            base = self.path(names[0].replace("*", "any"))
            text += section("[[edge.tls.certificate]]",
                            {"certificate": base + ".pem", "key": base + ".key"})
        return text

    def program(self, name, config, env=None):
        return Program(name, ["--config", self.path(f"{config}.toml")],
                       self.path(f"{config}.log"), env)

    def edge_program(self, pop):
        self.write_edge(pop)
        return self.program("atoll-edge", f"edge-{pop}")

    # ---- life ----

    def programs(self):
        return [self.control, self.origin, *self.edges.values()]

    def start(self):
        for program in self.programs():
            program.start()
        self.wait_ready()
        return self

    def origin_up(self):
        self.check_running(self.origin)
        host, port = self.origin_endpoint.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            return True
        except OSError:
            return False

    def wait_ready(self):
        wait_until(self.origin_up, READY, "the origin listens")
        wait_until(self.control_up, READY, "the control plane answers")
        for pop in self.edges:
            wait_until(lambda: self.edge_up(pop), READY, f"edge {pop} is serving")
        wait_until(self.status_ready, READY, "every PoP is ready in /v1/status")

    def control_up(self):
        self.check_running(self.control)
        return self.status() is not None

    def status(self):
        try:
            fields = {"Authorization": f"Bearer {self.token}"} if self.token else None
            reply = request(self.http, "/v1/status", timeout=5, fields=fields)
        except (OSError, http.client.HTTPException):
            return None
        return json.loads(reply.body) if reply.status == 200 else None

    def pop_status(self, pop):
        for entry in (self.status() or {}).get("pops", []):
            if entry["id"] == pop:
                return entry
        return {}

    def status_ready(self):
        return all(self.pop_status(pop).get("state") == "active" for pop in self.pops
                   if self.edges[pop].running())

    def edge_up(self, pop):
        self.check_running(self.edges[pop])
        try:
            return request(self.admins[pop], "/healthz", timeout=5).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def check_running(self, program):
        if program.process is not None and not program.running():
            raise AssertionError(f"{program.name} ended by itself with code "
                                 f"{program.process.returncode}")

    def stop(self):
        problems = []
        for program in reversed(self.programs()):
            try:
                crashed = program.process is not None and not program.running()
                code = program.stop()
                if code != 0 and not (crashed and code == -signal.SIGKILL):
                    problems.append(f"{program.name} ended with code {code}")
            except AssertionError as problem:
                problems.append(str(problem))
        return problems

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def print_logs(self):
        for log in sorted(self.directory.glob("*.log")):
            sys.stderr.write(f"===== {log.name}\n{log.read_text(errors='replace')[-20000:]}\n")
        for config in sorted(self.directory.glob("*.toml")):
            sys.stderr.write(f"===== {config.name}\n{config.read_text()}\n")

    # ---- use ----

    def get(self, target, pop=None, **options):
        return request(self.endpoints[pop or self.pops[0]], target, **options)

    def url(self, target, pop=None):
        return f"http://{self.endpoints[pop or self.pops[0]]}{target}"

    def route(self, address):
        """The PoP for `address`; None when the control plane gives none."""
        reply = request(self.http, f"/v1/route?ip={address}")
        return json.loads(reply.body)["pop"] if reply.status == 200 else None


class ClusterTest(unittest.TestCase):
    """A test class with clusters. Their logs are printed when a test of the class fails; a program
    that crashed or did not stop makes the test fail."""

    shared = None  # a cluster that all tests of the class use, made by make_cluster()

    @classmethod
    def make_cluster(cls):
        return None

    @classmethod
    def setUpClass(cls):
        cls.failed = False
        cls.shared = cls.make_cluster()
        if cls.shared:
            try:
                cls.shared.start()
            except BaseException:
                cls.shared.print_logs()
                cls.shared.stop()
                cls.shared.remove()
                raise

    @classmethod
    def tearDownClass(cls):
        if cls.shared:
            problems = cls.shared.stop()
            if problems or cls.failed:
                cls.shared.print_logs()
            cls.shared.remove()
            if problems:
                raise AssertionError("; ".join(problems))

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        self.own = []
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            type(self).failed = True
            for cluster in self.own:
                cluster.print_logs()
        for cluster in self.own:
            cluster.remove()

    def cluster(self, start=True, **options):
        """A cluster for this test alone."""
        made = Cluster(**options)
        self.own.append(made)
        self.addCleanup(lambda: self.assertEqual(made.stop(), []))
        if start:
            made.start()
        return made

    def assertHit(self, reply):
        self.assertTrue(reply.hit, f"not a hit: {reply!r}")

    def assertMiss(self, reply):
        self.assertIn("fwd=", reply.cache, f"not forwarded: {reply!r}")


class Load:
    """Threads that ask for `targets` again and again on kept connections, and note each answer that
    is not as `good` wants it. Used as a context manager."""

    def __init__(self, endpoint, targets, good, threads=4):
        self.endpoint, self.targets, self.good = endpoint, targets, good
        self.failures, self.done = [], 0
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(i,), daemon=True)
                        for i in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)

    def wait_more(self, count, seconds=20):
        """Waits until `count` more requests have been answered."""
        target = self.done + count
        wait_until(lambda: self.done >= target or self.failures, seconds, f"{count} more answers")

    def _work(self, start):
        connection = http.client.HTTPConnection(self.endpoint, timeout=10)
        for number in itertools.count(start):
            if self.ending.is_set():
                connection.close()
                return
            target = self.targets[number % len(self.targets)]
            try:
                reply = request_on(connection, target)
                problem = None if self.good(target, reply) else repr(reply)
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
                connection.close()
            with self.lock:
                self.done += 1
                if problem:
                    self.failures.append((target, problem))
