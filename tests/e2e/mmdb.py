"""Writes a small MaxMind-format database, so that the tests need no downloaded one.

The format is MaxMind DB 2.0: a binary tree over address bits, then a data section, then metadata.
IPv4 networks live at ::/96, where readers look them up.
"""

import ipaddress
import struct
import time

RECORD_BITS = 32


def _control(kind, size):
    """The control byte (and extension) of a field of `kind` with `size`."""
    head = size if size < 29 else 29 if size < 29 + 256 else 30
    extra = b"" if head < 29 else bytes([size - 29]) if head == 29 else struct.pack(">H", size - 285)
    if kind <= 7:
        return bytes([kind << 5 | head]) + extra
    return bytes([head, kind - 7]) + extra


def _number(kind, value):
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(kind, len(raw)) + raw


class UInt16(int):
    pass


class UInt64(int):
    pass


def encode(value):
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, UInt16):
        return _number(5, value)
    if isinstance(value, UInt64):
        return _number(9, value)
    if isinstance(value, int):
        return _number(6, value)
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(encode(v) for v in value)
    raise TypeError(value)


def _bits(network):
    """The bits of the network's prefix in the 128-bit tree."""
    network = ipaddress.ip_network(network)
    number, length = int(network.network_address), network.prefixlen
    if network.version == 4:
        length += 96
    return [number >> (127 - i) & 1 for i in range(length)]


def write(path, networks):
    """`networks`: {"91.0.0.0/10": {"country_code": "DE"}, ...}; no network lies inside another."""
    nodes = [[None, None]]
    data, offsets = b"", {}
    for network, record in networks.items():
        encoded = encode(record)
        if encoded not in offsets:
            offsets[encoded] = len(data)
            data += encoded
        bits, node = _bits(network), 0
        for bit in bits[:-1]:
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = ("node", len(nodes) - 1)
            node = nodes[node][bit][1]
        nodes[node][bits[-1]] = ("data", offsets[encoded])

    count = len(nodes)

    def record(entry):
        if entry is None:
            return count
        return entry[1] if entry[0] == "node" else count + 16 + entry[1]

    tree = b"".join(struct.pack(">II", record(left), record(right)) for left, right in nodes)
    metadata = {
        "node_count": count,
        "record_size": UInt16(RECORD_BITS),
        "ip_version": UInt16(6),
        "database_type": "Atoll-Test-Country",
        "languages": ["en"],
        "binary_format_major_version": UInt16(2),
        "binary_format_minor_version": UInt16(0),
        "build_epoch": UInt64(int(time.time())),
        "description": {"en": "Networks that the end-to-end tests use"},
    }
    with open(path, "wb") as out:
        out.write(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(metadata))
