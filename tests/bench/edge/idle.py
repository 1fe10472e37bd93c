#!/usr/bin/env python3
"""Memory of the edge per idle keep-alive connection, plain and over TLS. See ../README.md."""

import argparse
import http.client
import pathlib
import resource
import ssl

import servers


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS")


def connect(server, context):
    """A connection that had one answer and now waits."""
    if context is None:
        connection = http.client.HTTPConnection(server.endpoint, timeout=10)
    else:
        connection = http.client.HTTPSConnection(server.tls_endpoint, timeout=10, context=context)
    reply = servers.harness.request_on(connection, "0".join(server.path(1024)))
    if reply.status != 200:
        raise SystemExit(f"{server.name}: {reply!r}")
    return connection


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--connections", type=int, default=2000, help="default %(default)s")
    options = parser.parse_args()
    servers.harness.BUILD = pathlib.Path(options.build).resolve()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, options.connections * 4 + 200), most))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    atoll = servers.Atoll()
    try:
        kept = []
        for name, how in (("plain", None), ("TLS 1.3", context)):
            # What is set up once must not count.
            kept += [connect(atoll, how) for _ in range(64)]
            before = resident(atoll.pids()[0])
            kept += [connect(atoll, how) for _ in range(options.connections)]
            grown = resident(atoll.pids()[0]) - before
            print(f"{name}: {grown / options.connections:.0f} bytes a connection "
                  f"({options.connections} connections)", flush=True)
        for connection in kept:
            connection.close()
    finally:
        atoll.close()


if __name__ == "__main__":
    main()
