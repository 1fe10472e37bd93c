"""A scripted HTTP/1.1 server: what a test's `http` source talks to.

Every byte of an answer is the test's own, so that framing faults can be made; every request that
arrives is recorded.
"""

import socket
import threading


class Request:
    def __init__(self, method, target, fields, body, trailers, connection):
        self.method, self.target, self.fields = method, target, fields
        self.body, self.trailers, self.connection = body, trailers, connection

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None


class Closed(Exception):
    """The other side closed in the middle of a message."""


class Connection:
    """One accepted connection, with what an answer may need."""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, data):
        self.sock.sendall(data)

    def closed_by_peer(self, seconds):
        """Whether the peer closes within `seconds`, having sent nothing more."""
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(None)

    def _line(self):
        line = self.file.readline(65536)
        if not line.endswith(b"\r\n"):
            raise Closed(line)
        return line[:-2]

    def _fields(self):
        fields = []
        while line := self._line():
            name, _, value = line.partition(b":")
            fields.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        return fields

    def _exactly(self, size):
        data = self.file.read(size)
        if len(data) != size:
            raise Closed(data)
        return data

    def read_request(self, on_head):
        start = self.file.readline(65536)
        if not start:
            return None
        method, target, _ = start.decode("latin-1").split()
        request = Request(method, target, self._fields(), b"", [], self)
        on_head(request)
        if "100-continue" in (request.get("Expect") or ""):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (request.get("Transfer-Encoding") or "").lower() == "chunked":
            while size := int(self._line().split(b";")[0], 16):
                request.body += self._exactly(size)
                self._line()
            request.trailers = self._fields()
        elif request.get("Content-Length"):
            request.body = self._exactly(int(request.get("Content-Length")))
        return request


def response(status, body=b"", fields=(), reason="Whatever"):
    """A response with Content-Length."""
    lines = [f"HTTP/1.1 {status} {reason}"] + [f"{name}: {value}" for name, value in fields]
    if status != 304 and status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def end(sock):
    """Closes for the peer at once; close() alone waits for the file object made from it."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


class Upstream:
    """`answers` maps a path (without query) to bytes or to a function of the request that returns
    bytes, or sends what it likes on request.connection and returns None to close."""

    def __init__(self, address="127.0.0.1"):
        self.answers = {}
        self.requests = []  # complete ones, in the order of their completion
        self.heads = []     # every head that arrived, complete or not
        self.changed = threading.Condition()
        self.listener = socket.create_server((address, 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{address}:{self.port}"
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        end(self.listener)
        with self.changed:
            connections = list(self.open)
        for sock in connections:
            end(sock)

    def count(self, path=None):
        with self.changed:
            return sum(1 for r in self.requests if path is None or r.target.split("?")[0] == path)

    def wait_heads(self, path, count, seconds=10):
        """Waits until `count` heads for `path` have arrived."""
        def enough():
            return sum(1 for r in self.heads if r.target.split("?")[0] == path) >= count
        with self.changed:
            return self.changed.wait_for(enough, seconds)

    def _note(self, where, request):
        with self.changed:
            where.append(request)
            self.changed.notify_all()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with self.changed:
            self.open.add(sock)
        try:
            connection = Connection(sock)
            while request := connection.read_request(lambda head: self._note(self.heads, head)):
                self._note(self.requests, request)
                answer = self.answers.get(request.target.split("?")[0],
                                          response(404, b"no such answer\n"))
                if callable(answer):
                    answer = answer(request)
                if answer is None:
                    return
                if request.method == "HEAD":
                    answer = answer[:answer.index(b"\r\n\r\n") + 4]
                connection.send(answer)
        except (Closed, OSError, ValueError):
            pass
        finally:
            with self.changed:
                self.open.discard(sock)
            end(sock)
