"""Checks the sources against tests/layout/rules.py: tree_test.py ROOT"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402


def read_tree(root):
    files = {}
    for top in rules.TOP_FOLDERS:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = [name for name in folders if name not in ("node_modules", "__pycache__")]
            for name in names:
                if name.endswith((".cc", ".h", ".c")):
                    full = os.path.join(folder, name)
                    with open(full, encoding="utf-8") as file:
                        files[os.path.relpath(full, root).replace(os.sep, "/")] = file.read()
    return files


def main():
    files = read_tree(sys.argv[1])
    if not files:
        sys.exit(f"no sources found under {sys.argv[1]}")
    found = rules.problems(files)
    for line in found:
        print(line)
    print(f"{len(files)} files, {len(found)} problems")
    sys.exit(1 if found else 0)


main()
