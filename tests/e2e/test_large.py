"""Bodies of many gigabytes pass in bounded memory, and a slow reader holds back its own stream only.

ATOLL_E2E_LARGE_GIB: how large; 3 unless set, 10 is what the project promises.
"""

import hashlib
import http.client
import os
import socket
import subprocess
import threading
import unittest

from harness import ClusterTest, curl, wait_until
from upstream import end

GIB = 1 << 30
SIZE = int(os.environ.get("ATOLL_E2E_LARGE_GIB", "3")) * GIB
BOUND = 400 << 20  # bytes of VmHWM: programs, a cache of 64 MiB, buffers; far below one body
SANITIZED = "asan" in os.environ.get("ATOLL_BUILD", "") or "tsan" in os.environ.get("ATOLL_BUILD", "")


class Large(ClusterTest):
    def assertBounded(self, *programs):
        for program in programs:
            bound = BOUND * 4 if SANITIZED else BOUND
            self.assertLess(program.memory_peak(), bound, f"{program.name} grew too large")

    def test_a_huge_object_streams_in_bounded_memory(self):
        cluster = self.cluster()
        size = SIZE // 8 if SANITIZED else SIZE
        done = curl("-f", "-o", "/dev/null", "-w", "%{size_download}",
                    cluster.url(f"/huge?size={size}"), timeout=600)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode(), str(size))
        self.assertBounded(cluster.edges["fra"], cluster.origin)

    def test_a_range_deep_in_a_huge_object_is_quick_and_right(self):
        cluster = self.cluster()
        size = 10 * GIB
        first = 10 * GIB - 100
        reply = cluster.get(f"/deep?size={size}", fields={"Range": f"bytes={first}-"}, timeout=300)
        self.assertEqual(reply.status, 206)
        self.assertEqual(reply.get("Content-Range"), f"bytes {first}-{size - 1}/{size}")
        self.assertEqual(reply.body, synthetic("/deep", first, 100))

    def test_synthetic_bytes_are_what_their_definition_says(self):
        cluster = self.cluster()
        for kind in ("miss", "hit"):
            reply = cluster.get("/object/5?size=100003")
            self.assertEqual(hashlib.sha256(reply.body).digest(),
                             hashlib.sha256(synthetic("/object/5", 0, 100003)).digest(), kind)

    def test_a_reader_that_stops_holds_back_its_origin_stream_only(self):
        cluster = self.cluster(limits={"write_idle": "60s"})
        host, port = cluster.endpoints["fra"].rsplit(":", 1)
        stalled = []
        for number in range(8):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(10)
            sock.connect((host, int(port)))
            self.addCleanup(sock.close)
            sock.sendall(f"GET /stalled/{number}?size={GIB} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 200 "))
            stalled.append(sock)
        for number in range(50):
            self.assertEqual(len(cluster.get(f"/brisk/{number}?size=100000").body), 100000)
        self.assertBounded(cluster.edges["fra"], cluster.origin)

    def test_a_huge_upload_streams_in_bounded_memory(self):
        received = []
        upstream = SinkServer(received)
        self.addCleanup(upstream.close)
        cluster = self.cluster(sources={"site": {"type": "http", "url": upstream.url}},
                               limits={"body": "20GiB"})
        size = GIB // 4 if SANITIZED else GIB
        with subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE) as zeros:
            done = subprocess.run(
                ["curl", "-q", "--noproxy", "*", "-sS", "-f", "-X", "POST", "-T", "-",
                 cluster.url("/up")], stdin=zeros.stdout, capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(received, [size])
        self.assertBounded(cluster.edges["fra"], cluster.origin)

    def test_a_slow_client_is_cut_off_in_the_end(self):
        cluster = self.cluster(limits={"write_idle": "1s"})
        host, port = cluster.endpoints["fra"].rsplit(":", 1)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect((host, int(port)))
            sock.sendall(f"GET /slow?size={GIB} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            def reset():
                # Readable state without reading: an error on the socket is the reset.
                return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            wait_until(reset, 10, "the connection is reset")


class SinkServer:
    """Counts the bytes of one chunked request body and keeps none."""

    def __init__(self, received):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, args=(received,), daemon=True).start()

    def close(self):
        end(self.listener)

    def serve(self, received):
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        with sock, sock.makefile("rb", buffering=1 << 20) as stream:
            length = None
            while line := stream.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                if line.lower().startswith(b"expect:"):
                    sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            received.append(self.drain(stream, length))
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    @staticmethod
    def drain(stream, length):
        def skip(size):
            while size:
                piece = stream.read(min(size, 1 << 20))
                if not piece:
                    raise http.client.IncompleteRead(b"")
                size -= len(piece)
        if length is not None:
            skip(length)
            return length
        total = 0
        while size := int(stream.readline().split(b";")[0], 16):
            skip(size)
            stream.readline()
            total += size
        stream.readline()
        return total


MASK = (1 << 64) - 1


def synthetic(name, offset, size):
    """The definition in lib/synthetic/content.h."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001b3) & MASK
    words = []
    for index in range(offset // 8, (offset + size - 1) // 8 + 1):
        z = (seed + (index + 1) * 0x9e3779b97f4a7c15) & MASK
        z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & MASK
        z = ((z ^ z >> 27) * 0x94d049bb133111eb) & MASK
        words.append((z ^ z >> 31).to_bytes(8, "little"))
    return b"".join(words)[offset % 8:offset % 8 + size]


if __name__ == "__main__":
    unittest.main()
