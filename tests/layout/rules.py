"""Which room may include what (STYLE.md, "Layout"), as tables and one pure function over file texts."""

import posixpath
import re

# Room -> rooms whose headers it may include, besides its own. The longest matching room counts, so a
# folder that is stricter than its parent has a line of its own. A room covers its subfolders.
MAY_INCLUDE = {
    "lib/base": [],
    "lib/allocator": [],
    "lib/http": ["lib/base"],
    "lib/net": ["lib/base"],
    "lib/config": ["lib/base"],
    "lib/ring": [],
    "lib/crypto": ["lib/base"],
    "lib/geo": ["lib/base"],
    "lib/synthetic": ["lib/base"],
    "lib/trace": ["lib/base"],
    "lib/probe": ["lib/base", "lib/net"],
    "lib/server": ["lib/base", "lib/http", "lib/net"],
    "lib/trust": ["lib/base", "lib/crypto"],
    "lib/rpc": ["lib/base", "lib/crypto", "lib/http", "lib/net", "lib/trust", "proto"],
    "lib/store": ["lib/base", "lib/net"],
    "lib/store/redis": ["lib/base", "lib/crypto", "lib/net", "lib/store"],
    "edge": ["lib", "proto"],
    "edge/cache": ["lib/base", "lib/http"],
    "edge/disk": ["lib/base", "edge/cache"],
    "edge/policy": ["lib/base", "lib/crypto", "lib/http"],
    "edge/encoding": ["lib/base", "edge/policy"],
    "origin": ["lib", "proto"],
    "control-plane": ["lib", "proto"],
    "control-plane/access": ["lib/base", "lib/crypto", "lib/geo", "lib/http", "lib/net"],
    "control-plane/geo": ["lib/base", "lib/geo"],
    "control-plane/history": ["lib/base", "control-plane/fleet"],
    "control-plane/dns": ["lib/base", "lib/geo", "lib/net", "control-plane/geo"],
    "control-plane/dashboard": ["lib/base", "lib/http", "lib/server"],
    "deploy/cli": ["lib", "deploy/lab"],
    "deploy/lab": ["lib", "edge/cache"],
    "deploy/lab/live": ["lib/base", "lib/http", "lib/net", "deploy/lab/random", "deploy/lab/relay",
                        "deploy/lab/report", "deploy/lab/scenario", "deploy/lab/simulation"],
    "deploy/lab/random": [],
    "deploy/lab/relay": ["lib/base", "lib/net", "deploy/lab/random", "deploy/lab/report", "deploy/lab/simulation"],
    "deploy/lab/report": ["lib/base", "lib/geo", "deploy/lab/page", "deploy/lab/random"],
    "deploy/lab/scenario": ["lib/base", "lib/config", "lib/geo", "edge/cache"],
    "deploy/lab/simulation": ["lib/base", "lib/ring", "edge/cache", "control-plane/geo", "lib/geo",
                              "deploy/lab/policies", "deploy/lab/random", "deploy/lab/report",
                              "deploy/lab/scenario"],
    "tests": ["lib", "edge", "origin", "control-plane", "deploy", "proto", "tests"],
}

# Outside headers that stay behind one room's interface: pattern -> rooms, and why.
KEPT_IN = [
    (r"uv\.h|uv/.*", ["lib/net"], "one owner of libuv's lifetime rules"),
    (r"openssl/.*", ["lib/crypto", "lib/net/tls", "tests"], "one owner of its lifetime and threading rules"),
    (r"toml\+\+/.*", ["lib/config"], "slow to parse, so read in one place"),
    (r"llhttp\.h", ["lib/http"], "its tolerance is corrected by our own scan"),
    (r"grpcpp/.*|grpc/.*|grpc\+\+/.*|google/protobuf/.*|proto/.*\.pb\.h",
     ["lib/rpc", "edge/agent", "origin", "control-plane/fleet", "tests"], "gRPC stays at the border"),
    (r"curl/.*", ["origin", "deploy/cli", "tests"], "the edge speaks HTTP through lib/net"),
    (r"ldns/.*", ["control-plane/dns", "tests"], "the hot path does without it"),
    (r"nghttp2/.*", ["lib/rpc"], "its callbacks are wrapped once"),
    (r"jemalloc/.*", ["lib/allocator"], "its settings and its figures are one decision"),
    (r"zlib\.h|brotli/.*", ["edge/encoding", "tests"], "the edge compresses in one place"),
    (r"rocksdb/.*|hiredis/.*", ["lib/store", "tests"], "callers see one interface, whatever the engine"),
    (r"maxminddb\.h", ["lib/geo", "tests"], "the database format is geo's affair"),
]

FORBIDDEN_FOLDERS = {"common", "util", "utils", "misc", "helpers"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
TOP_FOLDERS = ("lib", "edge", "origin", "control-plane", "deploy", "proto", "tests")


def under(path, room):
    return path == room or path.startswith(room + "/")


def room_of(path, rooms):
    """The longest room that holds the path, or None."""
    return max((room for room in rooms if under(path, room)), key=len, default=None)


def included(text):
    """(line, header, quoted) of every #include that is not in a block comment."""
    blanked = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.DOTALL)
    for match in INCLUDE.finditer(blanked):
        line = blanked.count("\n", 0, match.start()) + 1
        yield line, match.group(1) or match.group(2), match.group(1) is not None


def project_include_problem(path, header, quoted, exists):
    top = header.split("/", 1)[0]
    if top not in TOP_FOLDERS or "/" not in header:
        if quoted:
            return "write it from the repository root, or with <> if it is an outside header"
        return None
    if posixpath.normpath(header) != header:
        return "write the path without . and .."
    if not header.endswith(".pb.h") and not exists(header):
        return "no such file"
    room = room_of(path, MAY_INCLUDE)
    if room is None:
        return "its folder has no line in tests/layout/rules.py"
    # A room's own subfolders are its own, unless one of them has a line: geo may not reach into fleet.
    if room_of(header, MAY_INCLUDE) == room or any(under(header, r) for r in MAY_INCLUDE[room]):
        return None
    if under(header, room):  # the program uses its stricter parts
        return None
    return f"{room} may include only {', '.join([room] + MAY_INCLUDE[room])}"


def outside_include_problem(path, header):
    for pattern, rooms, why in KEPT_IN:
        if re.fullmatch(pattern, header) and not any(under(path, room) for room in rooms):
            return f"only {', '.join(rooms)} may include it: {why}"
    return None


def problems(files):
    """files: path from the root -> text. Returns a list of sentences, "path:line: ..."."""
    found = []
    for path, text in sorted(files.items()):
        bad = FORBIDDEN_FOLDERS.intersection(path.split("/")[:-1])
        if bad:
            found.append(f"{path}:1: a folder named {bad.pop()} says nothing about what is in it")
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            found.append(f"{path}:1: header without #pragma once")
        for line, header, quoted in included(text):
            problem = (project_include_problem(path, header, quoted, files.__contains__)
                       or outside_include_problem(path, header))
            if problem:
                found.append(f'{path}:{line}: #include of {header}: {problem}')
    return found
