"""The rules themselves: each row is a small tree and what must be found in it."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402

H = "#pragma once\n"
ROWS = [
    ("a program uses a library", {"edge/main.cc": '#include "lib/base/a.h"\n', "lib/base/a.h": H}, None),
    ("a library does not use a program", {"lib/net/a.cc": '#include "edge/a.h"\n', "edge/a.h": H}, "lib/net may include"),
    ("base uses nothing", {"lib/base/a.cc": '#include "lib/http/a.h"\n', "lib/http/a.h": H}, "lib/base may include"),
    ("http has no sockets", {"lib/http/a.cc": '#include "lib/net/a.h"\n', "lib/net/a.h": H}, "lib/http may include"),
    ("programs do not meet", {"origin/a.cc": '#include "edge/a.h"\n', "edge/a.h": H}, "origin may include"),
    ("the cache has no loop", {"edge/cache/a.cc": '#include "lib/net/a.h"\n', "lib/net/a.h": H}, "edge/cache may include"),
    ("the cache knows no frontend", {"edge/cache/a.cc": '#include "edge/frontend/a.h"\n', "edge/frontend/a.h": H}, "edge/cache may include"),
    ("the frontend uses the cache", {"edge/frontend/a.cc": '#include "edge/cache/a.h"\n', "edge/cache/a.h": H}, None),
    ("geo is pure", {"control-plane/geo/a.cc": '#include "control-plane/fleet/a.h"\n', "control-plane/fleet/a.h": H}, "control-plane/geo may include"),
    ("tests use anything", {"tests/unit/a.cc": '#include "edge/a.h"\n#include "origin/b.h"\n', "edge/a.h": H, "origin/b.h": H}, None),
    ("nothing uses tests", {"edge/a.cc": '#include "tests/support/a.h"\n', "tests/support/a.h": H}, "edge may include"),
    ("libuv stays in net", {"edge/a.cc": "#include <uv.h>\n"}, "only lib/net"),
    ("libuv in quotes too", {"edge/a.cc": '#include "uv.h"\n'}, "repository root"),
    ("libuv in net", {"lib/net/a.cc": "#include <uv.h>\n"}, None),
    ("toml++ stays in config", {"control-plane/a.cc": "#include <toml++/toml.h>\n"}, "only lib/config"),
    ("gRPC stays at the border", {"edge/frontend/a.cc": "#include <grpcpp/grpcpp.h>\n"}, "gRPC stays"),
    ("generated code too", {"edge/frontend/a.cc": '#include "proto/control.pb.h"\n'}, "gRPC stays"),
    ("gRPC in the agent", {"edge/agent/a.cc": '#include "proto/control.grpc.pb.h"\n'}, None),
    ("paths from the root", {"edge/a.cc": '#include "a.h"\n', "edge/a.h": H}, "repository root"),
    ("no way up", {"edge/a.cc": '#include "edge/../edge/a.h"\n', "edge/a.h": H}, "without . and .."),
    ("a file that is not there", {"edge/a.cc": '#include "edge/b.h"\n'}, "no such file"),
    ("a header without its guard", {"edge/a.h": "int f();\n"}, "#pragma once"),
    ("a folder named util", {"lib/util/a.h": H}, "says nothing"),
    ("a room nobody described", {"lib/new/a.cc": '#include "lib/base/a.h"\n', "lib/base/a.h": H}, "no line in"),
    ("a comment is not an include", {"edge/a.cc": "/*\n#include <uv.h>\n*/\n// #include <uv.h>\n"}, None),
    ("spaces do not hide one", {"edge/a.cc": "  #  include   <uv.h>\n"}, "only lib/net"),
]


class Rules(unittest.TestCase):
    def test_rows(self):
        for name, files, want in ROWS:
            with self.subTest(name):
                found = rules.problems(files)
                if want is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(want, found[0])

    def test_line_numbers_survive_comments(self):
        found = rules.problems({"edge/a.cc": "/* 1\n2 */\n#include <uv.h>\n"})
        self.assertTrue(found[0].startswith("edge/a.cc:3:"), found)


if __name__ == "__main__":
    unittest.main()
