"""The peers and their upstream, each set up as its own documentation recommends for a memory cache."""

import os
import re
import shutil

import machine
from servers import CACHE_MIB, Process, harness

# haproxy allocates its whole cache at the start, so there is nothing to see growing.
GROWS = ("nginx", "varnish", "trafficserver")


class TlsProcess(Process):
    """With a certificate in site.pem, its key in site.key, both in both.pem."""

    def certify(self):
        harness.write_certificate(str(self.place / "site"), ["localhost"])
        pem, key = self.place / "site.pem", self.place / "site.key"
        (self.place / "both.pem").write_text(pem.read_text() + key.read_text())


class Nginx(TlsProcess):
    name = "nginx"

    def command(self):
        config = self.place / "config"
        config.write_text(self.config())
        return ["nginx", "-c", str(config), "-p", str(self.place), "-g", "daemon off;",
                "-e", str(self.place / "error.log")]

    def frame(self, http):
        # As root its worker would become nobody, who may not enter our directory.
        user = "user root root;" if os.geteuid() == 0 else ""
        return f"""
            {user}
            worker_processes 1;
            worker_rlimit_nofile 65536;
            pid {self.place}/pid;
            events {{ worker_connections 16384; }}
            http {{
              access_log off;
              keepalive_requests 100000000;
              client_body_temp_path {self.place}/body;
              proxy_temp_path {self.place}/proxy;
              fastcgi_temp_path {self.place}/fastcgi;
              uwsgi_temp_path {self.place}/uwsgi;
              scgi_temp_path {self.place}/scgi;
              {http}
            }}
            """

    sendfile = "on"  # as its documentation recommends; small bodies are cheaper without

    def __init__(self, upstream):
        self.upstream = upstream
        super().__init__()

    def config(self):
        self.certify()
        return self.frame(f"""
              sendfile {self.sendfile};
              proxy_cache_path {self.place}/cache levels=1:2 keys_zone=all:512m max_size={CACHE_MIB}m
                               inactive=1d use_temp_path=off;
              upstream origin {{ server {self.upstream.endpoint}; keepalive 128; }}
              server {{
                listen {self.endpoint} reuseport backlog=1024;
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
                  proxy_max_temp_file_size 0;
                  proxy_buffers 16 64k;
                }}
              }}""")

    def fetched(self):
        return self.upstream.requests()


class CopyingNginx(Nginx):
    name = "nginx-copy"
    sendfile = "off"


class Origin(Nginx):
    """The peers' upstream: bodies of any of `sizes` from memory, counted."""

    core = machine.OTHER_CORE

    def __init__(self, sizes):
        self.sizes = sizes
        super().__init__(None)

    def config(self):
        for size in self.sizes:
            (self.place / f"body-{size}").write_bytes(b"x" * size)
        return self.frame(f"""
              sendfile on;
              open_file_cache max=100 inactive=1d;
              server {{
                listen {self.endpoint} reuseport backlog=1024;
                location = /status {{ stub_status; }}
                location ~ ^/(\\d+)/ {{
                  root {self.place};
                  types {{ }}
                  default_type application/octet-stream;
                  add_header Cache-Control max-age=86400;
                  try_files /body-$1 =404;
                }}
              }}""")

    def requests(self):
        body = harness.request(self.endpoint, "/status").body.decode()
        return int(re.search(r"requests\s+\d+ \d+ (\d+)", body)[1]) - self.asked()

    asked_so_far = 0

    def asked(self):
        """Our own questions are requests too."""
        self.asked_so_far += 1
        return self.asked_so_far


class Haproxy(TlsProcess):
    name = "haproxy"

    def __init__(self, upstream):
        self.upstream = upstream
        super().__init__()

    def command(self):
        self.certify()
        config = self.place / "config"
        config.write_text(f"""
            global
              nbthread 1
              maxconn 4096
              tune.bufsize 32768
            defaults
              mode http
              timeout connect 5s
              timeout client 30s
              timeout server 30s
              http-reuse always
            cache all
              total-max-size {CACHE_MIB}
              max-object-size 4000000
              max-age 86400
            frontend front
              bind {self.endpoint}
              bind {self.tls_endpoint} ssl crt {self.place}/both.pem alpn http/1.1
              default_backend origin
            backend origin
              http-request cache-use all
              http-response cache-store all
              server one {self.upstream.endpoint}
            """.strip() + "\n")
        return [self.name, "-f", str(config)]

    def fetched(self):
        return self.upstream.requests()


class Varnish(Process):
    """Terminates no TLS."""

    name = "varnish"

    def runs(self, scenario):
        return not scenario.tls

    def __init__(self, upstream):
        self.upstream = upstream
        super().__init__()

    def command(self):
        self.place.chmod(0o755)  # its worker is another user
        (self.place / "vcl").write_text(f"""
            vcl 4.1;
            backend default {{ .host = "{self.upstream.host}"; .port = "{self.upstream.port}"; }}
            """)
        # Its working folder holds the shared log, which is not cache; it is made by varnishd's user.
        return ["varnishd", "-F", "-n", str(self.place / "work"), "-a", self.endpoint,
                "-f", str(self.place / "vcl"), "-s", f"default=malloc,{CACHE_MIB}m",
                "-p", "thread_pools=1", "-p", "default_ttl=86400"]

    def memory(self):
        return sum(machine.memory_bytes(pid) for pid in self.pids())

    def fetched(self):
        return self.upstream.requests()


class TrafficServer(Process):
    name = "trafficserver"

    def runs(self, scenario):
        return not scenario.tls

    def __init__(self, upstream):
        self.upstream = upstream
        super().__init__()

    def command(self):
        folders = {name: self.place / name for name in ("etc", "run", "logs", "cache")}
        for folder in folders.values():
            folder.mkdir()
        (self.place / "runroot.yaml").write_text(f"""
prefix: {self.place}
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
sysconfdir: {folders["etc"]}
datadir: {folders["cache"]}
localstatedir: {folders["run"]}
runtimedir: {folders["run"]}
logdir: {folders["logs"]}
cachedir: {folders["cache"]}
""")
        settings = {
            "http.server_ports STRING": f"{self.port}:ip-in={self.host}",
            "exec_thread.autoconfig INT": 0, "exec_thread.limit INT": 1, "task_threads INT": 1,
            "accept_threads INT": 0, "log.logging_enabled INT": 0,
            "cache.ram_cache.size INT": CACHE_MIB << 20, "cache.ram_cache_cutoff INT": 8 << 20,
            # With the filter an object enters memory only when it is asked for again in time.
            "cache.ram_cache.use_seen_filter INT": 0,
            "cache.min_average_object_size INT": 2048, "net.connections_throttle INT": 10000,
            "admin.user_id STRING": "#-1",
        }
        etc = folders["etc"]
        (etc / "records.config").write_text("".join(
            f"CONFIG proxy.config.{name} {value}\n" for name, value in settings.items()))
        (etc / "remap.config").write_text(f"map / http://{self.upstream.endpoint}/\n")
        (etc / "storage.config").write_text(f"{folders['cache']} {CACHE_MIB}M\n")
        for name in ("plugin.config", "volume.config", "hosting.config", "parent.config"):
            (etc / name).write_text("")
        (etc / "ip_allow.yaml").write_text("""
ip_allow:
  - apply: in
    ip_addrs: 127.0.0.0/8
    action: allow
    methods: ALL
""")
        return ["traffic_server", f"--run-root={self.place / 'runroot.yaml'}"]

    def fetched(self):
        return self.upstream.requests()


def available():
    """(names of the peers that are installed, names of those that are not). Nginx is also everybody's
    upstream: without it there are no peers."""
    programs = {"nginx": "nginx", "nginx-copy": "nginx", "haproxy": "haproxy", "varnish": "varnishd",
                "trafficserver": "traffic_server"}
    have = [name for name, program in programs.items() if shutil.which(program)]
    if "nginx" not in have:
        return [], list(programs)
    return have, [name for name in programs if name not in have]


KINDS = {"nginx": Nginx, "nginx-copy": CopyingNginx, "haproxy": Haproxy, "varnish": Varnish, "trafficserver": TrafficServer}
