"""Asks a DNS server with dig, and with datagrams of the test's own making."""

import re
import socket
import struct
import subprocess


class Answer:
    def __init__(self, text):
        self.text = text
        status = re.search(r"status: (\w+)", text)
        self.status = status.group(1) if status else None
        flags = re.search(r"^;; flags: ([a-z ]*);", text, re.MULTILINE)
        self.flags = flags.group(1).split() if flags else []
        self.sections = {}
        name = None
        for line in text.splitlines():
            head = re.match(r";; (\w+) SECTION:", line)
            if head:
                name = head.group(1)
            elif not line.strip():
                name = None
            elif name and not line.startswith(";"):
                self.sections.setdefault(name, []).append(line.split(None, 4))

    def data(self, kind, section="ANSWER"):
        """The data of the records of that type, in their order."""
        return [fields[4] for fields in self.sections.get(section, []) if fields[3] == kind]

    def ttl(self, kind):
        return next(int(f[1]) for f in self.sections["ANSWER"] if f[3] == kind)

    @property
    def scope(self):
        """Of the client subnet option; None without one."""
        found = re.search(r"CLIENT-SUBNET: \S+/\d+/(\d+)", self.text)
        return int(found.group(1)) if found else None

    @property
    def cookie(self):
        found = re.search(r"COOKIE: ([0-9a-f]+)(?: \((\w+)\))?", self.text)
        return found.groups() if found else None

    @property
    def over_tcp(self):
        return "(TCP)" in self.text


def dig(endpoint, *arguments):
    host, port = endpoint.rsplit(":", 1)
    done = subprocess.run(["dig", "-r", f"@{host}", "-p", port, "+tries=1", "+timeout=5", *arguments],
                          capture_output=True, text=True, timeout=30, check=False)
    return Answer(done.stdout)


def query(name, kind=1, flags=0x0100, options=None):
    """A query on the wire; `options` of an OPT record, as bytes."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    message = struct.pack(">6H", 0x1234, flags, 1, 0, 0, 0 if options is None else 1)
    message += labels + b"\0" + struct.pack(">2H", kind, 1)
    if options is not None:
        message += b"\0" + struct.pack(">2HIH", 41, 1232, 0, len(options)) + options
    return message


def address_of(endpoint):
    host, port = endpoint.rsplit(":", 1)
    return host, int(port)


def ask(endpoint, message, timeout=5.0):
    """The datagram that comes back; None if there is none in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        sock.connect(address_of(endpoint))
        sock.send(message)
        try:
            return sock.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            return None


def rcode(answer):
    return answer[3] & 0xf
