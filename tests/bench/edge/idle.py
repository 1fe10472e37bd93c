#!/usr/bin/env python3
"""Memory of the edge per idle keep-alive connection, plain and over TLS. See ../README.md."""

import argparse
import ipaddress
import pathlib
import resource
import socket
import ssl

import servers

WARM = 64
# One source address has some 28,000 ports for one destination.
PER_SOURCE = 20_000
FIRST_SOURCE = ipaddress.IPv4Address("127.77.0.1")


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS")


def answer_on(connection, request):
    """Reads to the end of an answer that says its length."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            raise SystemExit("the edge closed a connection")
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65536)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"not 200: {head!r}")


def connect(endpoint, path, number, context):
    """A connection that had one answer and now waits."""
    host, port = endpoint.rsplit(":", 1)
    source = str(FIRST_SOURCE + number // PER_SOURCE)
    connection = socket.create_connection((host, int(port)), timeout=30, source_address=(source, 0))
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname="localhost")
    answer_on(connection, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def allow_descriptors(count):
    """Ours, and by inheritance the edge's."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(most, count)))
    except ValueError:
        raise SystemExit(f"{count} descriptors are needed, {most} allowed: raise the limit (ulimit -Hn) or ask for fewer connections") from None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--connections", type=int, default=2000, help="plain ones (default %(default)s)")
    parser.add_argument("--tls-connections", type=int, default=2000, help="default %(default)s; 0: none")
    options = parser.parse_args()
    servers.harness.BUILD = pathlib.Path(options.build).resolve()
    total = options.connections + options.tls_connections + 2 * WARM
    allow_descriptors(total + 500)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    atoll = servers.Atoll(limits={"keep_alive": "1h", "connections": total + 100})
    path = "0".join(atoll.path(1024))
    try:
        kept = []
        for name, endpoint, how, count in (("plain", atoll.endpoint, None, options.connections),
                                           ("TLS 1.3", atoll.tls_endpoint, context, options.tls_connections)):
            if count == 0:
                continue
            # What is set up once must not count.
            kept += [connect(endpoint, path, len(kept) + i, how) for i in range(WARM)]
            before = resident(atoll.pids()[0])
            kept += [connect(endpoint, path, len(kept) + i, how) for i in range(count)]
            grown = resident(atoll.pids()[0]) - before
            print(f"{name}: {grown / count:.0f} bytes a connection ({count:,} connections)", flush=True)
        # Each is still there, and still served.
        for connection in kept:
            answer_on(connection, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        print(f"all {len(kept):,} answered once more", flush=True)
        for connection in kept:
            connection.close()
    finally:
        atoll.close()


if __name__ == "__main__":
    main()
