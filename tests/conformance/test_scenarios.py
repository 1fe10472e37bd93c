"""The runner must notice what it is there to notice."""

import pathlib
import tempfile
import unittest

import scenarios as runner

REASON = {"age/b": "not yet"}


def scenario(title, passed, output=""):
    made = runner.Scenario(pathlib.Path(f"/{title}.vtc"))
    made.passed, made.output = passed, output
    return made


class Compare(unittest.TestCase):
    def test_nothing_differs(self):
        found = [scenario("age/a", True), scenario("age/b", False)]
        self.assertEqual(runner.compare(found, REASON), [])

    def test_one_that_fails_unexpectedly_is_reported_with_varnishtests_own_line(self):
        found = [scenario("age/a", False, "**** c1 x\n---- c1    EXPECT a failed\n# top\n"), scenario("age/b", False)]
        self.assertEqual(runner.compare(found, REASON), ["age/a does not pass: c1    EXPECT a failed"])

    def test_one_that_passes_unexpectedly_is_reported(self):
        self.assertEqual(runner.compare([scenario("age/b", True)], REASON), ["age/b passes now: take it off the list"])

    def test_a_listed_one_must_exist_and_have_a_reason(self):
        self.assertEqual(runner.compare([], REASON), ["age/b is listed, but there is no such scenario"])
        self.assertEqual(runner.compare([scenario("age/b", False)], {"age/b": ""}),
                         ["age/b is listed without a reason"])


class Report(unittest.TestCase):
    def test_the_table_counts_by_subject(self):
        rows = runner.table([scenario("age/a", True), scenario("age/b", False), scenario("vary/c", True)], REASON)
        self.assertEqual([row.split() for row in rows[1:]],
                         [["age", "2", "1", "1"], ["vary", "1", "1", "0"], ["total", "3", "2", "1"]])

    def test_no_output_is_said_to_be_none(self):
        self.assertEqual(runner.failure_line(""), "no output")
        self.assertEqual(runner.failure_line("x\nlast"), "last")


class Collect(unittest.TestCase):
    def collected(self, first_line):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "age" / "a.vtc"
            path.parent.mkdir()
            path.write_text(first_line + "\n")
            return [found.title for found in runner.collect(pathlib.Path(folder))]

    def test_a_scenario_names_its_section(self):
        for line in ('varnishtest "RFC 9111 section 5.1: Age"', 'varnishtest "RFC 9110 section B.3: x"',
                     'varnishtest "RFC 6585 sections 3, 4 and 5: x"'):
            self.assertEqual(self.collected(line), ["age/a"])
        for line in ('varnishtest "Age"', 'varnishtest "RFC 9111: Age"', "server s1 {"):
            with self.assertRaises(SystemExit):
                self.collected(line)

    def test_there_are_scenarios_and_the_list_can_be_read(self):
        self.assertGreater(len(runner.collect(runner.FOLDER)), 0)
        self.assertIsInstance(runner.read_expected(runner.FOLDER / "expected.toml"), dict)


class Dates(unittest.TestCase):
    def test_each_in_the_three_formats(self):
        dates = runner.dates(784111777 + 3600)  # the example of RFC 9110 section 5.6.7, an hour later
        self.assertEqual(dates["hour_ago"], "Sun, 06 Nov 1994 08:49:37 GMT")
        self.assertEqual(dates["hour_ago_rfc850"], "Sunday, 06-Nov-94 08:49:37 GMT")
        self.assertEqual(dates["hour_ago_asctime"], "Sun Nov  6 08:49:37 1994")


if __name__ == "__main__":
    unittest.main()
