"""That the gate lets through what it should and refuses what it should: the decision as rows, and the
whole gate with an edge that has more to do for every request."""

import os
import pathlib
import subprocess
import sys
import tomllib
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gate  # noqa: E402

BUILD = os.environ.get("ATOLL_BUILD", "build/release")


class Judging(unittest.TestCase):
    def test_rows(self):
        for measured, written, within, says in (
                (10_000, 10_000, True, "+0.0%"),
                (10_290, 10_000, True, "+2.9%"),
                (9_710, 10_000, True, "-2.9%"),
                (10_310, 10_000, False, "more than before"),
                (9_690, 10_000, False, "lower the number"),
                (20_000, 10_000, False, "--update")):
            with self.subTest(measured):
                verdict = gate.judge("hot", measured, written, 0.03)
                self.assertEqual(verdict.within, within)
                self.assertIn(says, verdict.sentence)

    def test_the_file_has_a_number_for_every_kind_of_work_and_update_finds_it(self):
        text = gate.NUMBERS.read_text()
        numbers = tomllib.loads(text)["per_request"]
        self.assertEqual(set(numbers), set(gate.REQUESTS))
        changed = gate.updated(text, {work: 12_344.4 for work in numbers})
        self.assertEqual(set(tomllib.loads(changed)["per_request"].values()), {12_340})
        self.assertEqual(changed.count("#"), text.count("#"))


class Refusing(unittest.TestCase):
    def test_two_more_fields_to_read_in_each_request_are_refused(self):
        done = subprocess.run(
            [sys.executable, "-B", str(pathlib.Path(gate.__file__)), "--build", BUILD, "--work", "hot",
             "--more-fields", "2"], capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("more than before", done.stdout)


if __name__ == "__main__":
    unittest.main()
