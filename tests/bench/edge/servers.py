"""What is measured: Atoll's edge, and whichever peers are installed. Each runs pinned to one core; its
upstream, and wrk, to the other."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))
import harness  # noqa: E402

SERVER_CORE, OTHER_CORE = 0, 1
BODY = 1024  # bytes of every object
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """utime + stime of a process, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Atoll:
    name = "atoll-edge"
    prefix, suffix = "/object/", f"?size={BODY}"
    misses = True

    def __init__(self):
        self.cluster = harness.Cluster(edge={"workers": 1, "cache_memory": "256MiB"},
                                       certificates=[["localhost"]])
        self.cluster.control.core = self.cluster.origin.core = OTHER_CORE
        self.cluster.edges["fra"].core = SERVER_CORE
        try:
            self.cluster.start()
        except BaseException:
            self.cluster.print_logs()
            self.close()
            raise
        self.endpoint = self.cluster.endpoints["fra"]
        self.tls_endpoint = self.cluster.tls_endpoints["fra"]

    def pids(self):
        return [self.cluster.edges["fra"].pid]

    def counts(self):
        """(answered from the cache, fetched), since the start."""
        text = harness.request(self.cluster.admins["fra"], "/metrics").body.decode()

        def value(name):
            return int(float(re.search(rf"^atoll_edge_{name}_total(?:{{[^}}]*}})? (\S+)", text, re.M)[1]))
        return value("hits"), value("misses")

    def close(self):
        self.cluster.stop()
        self.cluster.remove()


class Peer:
    """A program with a configuration file; subclasses write it. Hits are told by a response field."""

    prefix, suffix = "/object/", ""

    def __init__(self, upstream):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="atoll-bench-", dir="/dev/shm"))
        address = harness.loopback()
        self.endpoint = f"{address}:{harness.free_port(address)}"
        self.tls_endpoint = f"{address}:{harness.free_port(address)}"
        harness.write_certificate(str(self.place / "site"), ["localhost"])
        pem, key = self.place / "site.pem", self.place / "site.key"
        (self.place / "both.pem").write_text(pem.read_text() + key.read_text())
        self.upstream = upstream
        self.misses = upstream is not None and upstream.fast
        config = self.place / "config"
        config.write_text(self.config().strip() + "\n")
        self.log = open(self.place / "log", "wb")
        self.process = subprocess.Popen(["taskset", "-c", str(self.core()), *self.command(config)],
                                        stdout=self.log, stderr=self.log)
        try:
            harness.wait_until(self.answers, 10, f"{self.name} answers")
        except AssertionError as error:
            said = (self.place / "log").read_text(errors="replace")[-2000:]
            self.close()
            raise AssertionError(f"{error}: {said}") from None

    def core(self):
        return SERVER_CORE

    def answers(self):
        try:
            return harness.request(self.endpoint, "/object/0").status == 200
        except OSError:
            return False

    def pids(self):
        """The process and its children."""
        found = [self.process.pid]
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            found += [int(pid) for pid in (task / "children").read_text().split()]
        return found

    def counts(self):
        return None

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.place, ignore_errors=True)


class Nginx(Peer):
    name = "nginx"

    def command(self, config):
        return ["nginx", "-c", str(config), "-p", str(self.place), "-g", "daemon off;",
                "-e", str(self.place / "error.log")]

    def frame(self, http):
        # As root its worker would become nobody, who may not enter our directory.
        user = "user root root;" if os.geteuid() == 0 else ""
        return f"""
            {user}
            worker_processes 1;
            pid {self.place}/pid;
            events {{ worker_connections 4096; }}
            http {{
              access_log off;
              keepalive_requests 100000000;
              client_body_temp_path {self.place}/body;
              proxy_temp_path {self.place}/proxy;
              fastcgi_temp_path {self.place}/fastcgi;
              uwsgi_temp_path {self.place}/uwsgi;
              scgi_temp_path {self.place}/scgi;
              {http}
            }}"""

    def config(self):
        return self.frame(f"""
              proxy_cache_path {self.place}/cache levels=1:2 keys_zone=all:64m max_size=1g inactive=1h
                               use_temp_path=off;
              upstream origin {{ server {self.upstream.endpoint}; keepalive 128; }}
              server {{
                listen {self.endpoint} reuseport;
                listen {self.tls_endpoint} ssl reuseport;
                ssl_certificate {self.place}/site.pem;
                ssl_certificate_key {self.place}/site.key;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:tls:10m;
                location / {{
                  proxy_pass http://origin;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_cache all;
                  proxy_cache_lock on;
                  add_header X-Cache $upstream_cache_status;
                }}
              }}""")

    def is_hit(self, reply):
        return reply.get("X-Cache") == "HIT"


class NginxOrigin(Nginx):
    """The peers' upstream: fixed bodies from memory."""

    name = "nginx origin"
    fast = True

    def __init__(self):
        self.fast = True
        super().__init__(None)

    def core(self):
        return OTHER_CORE

    def config(self):
        return self.frame(f"""
              server {{
                listen {self.endpoint};
                add_header Cache-Control max-age=3600;
                location / {{ default_type application/octet-stream; return 200 "{'x' * BODY}"; }}
              }}""")


class PythonOrigin:
    """The peers' upstream where nginx is not installed; too slow for misses."""

    fast = False

    def __init__(self):
        import upstream
        self.server = upstream.Upstream()
        answer = upstream.response(200, b"x" * BODY, [("Cache-Control", "max-age=3600")])
        self.server.answers = EveryPath(answer)
        self.endpoint = f"127.0.0.1:{self.server.port}"

    def close(self):
        self.server.close()


class EveryPath:
    def __init__(self, answer):
        self.answer = answer

    def get(self, _path, _default):
        return self.answer


class Haproxy(Peer):
    name = "haproxy"

    def command(self, config):
        return ["haproxy", "-f", str(config)]

    def config(self):
        return f"""
            global
              nbthread 1
              maxconn 4096
            defaults
              mode http
              timeout connect 5s
              timeout client 30s
              timeout server 30s
              http-reuse always
            cache all
              total-max-size 256
              max-object-size 1000000
              max-age 3600
            frontend front
              bind {self.endpoint}
              bind {self.tls_endpoint} ssl crt {self.place}/both.pem alpn http/1.1
              default_backend origin
            backend origin
              http-request cache-use all
              http-response cache-store all
              http-response set-header X-Cache MISS
              server one {self.upstream.endpoint}
            """

    def is_hit(self, reply):
        return reply.get("Age") is not None


def installed_peers():
    """(peers, their upstream, names of those that are not installed)."""
    have = [kind for kind in (Nginx, Haproxy) if shutil.which(kind.name)]
    missing = [kind.name for kind in (Nginx, Haproxy) if kind not in have]
    if not have:
        return [], None, missing
    opened = [NginxOrigin() if Nginx in have else PythonOrigin()]
    try:
        for kind in have:
            opened.append(kind(opened[0]))
    except BaseException:
        for server in opened:
            server.close()
        raise
    return opened[1:], opened[0], missing
