"""The comparison must notice what it is there to notice."""

import unittest

import judge

SUITES = [
    {"id": "one", "name": "One", "tests": [
        {"id": "base", "kind": "required", "needs": []},
        {"id": "built", "kind": "optimal", "needs": ["base"]}]},
    {"id": "two", "name": "Two", "tests": [
        {"id": "asked", "kind": "check", "needs": []},
        {"id": "other", "kind": "required", "needs": ["elsewhere"]}]},
]
ALL = {"base": True, "built": True, "asked": True, "other": True}
NUMBERS = {"required": 2, "optimal": 1, "informative": 1}


def compared(results, not_passed=(), numbers=None):
    found = judge.verdicts(SUITES, {**ALL, **results})
    groups = [{"reason": reason, "tests": list(tests)} for reason, tests in not_passed]
    return judge.compare(SUITES, found, {"tests": numbers or NUMBERS, "not_passed": groups})


class Verdicts(unittest.TestCase):
    def verdict(self, name, **results):
        return judge.verdicts(SUITES, {**ALL, **results})[name][0]

    def test_what_the_client_says(self):
        self.assertEqual(self.verdict("base"), "pass")
        self.assertEqual(self.verdict("base", base=["Assertion", "wrong"]), "fail")
        self.assertEqual(self.verdict("base", base=["AbortError", "late"]), "fail")
        self.assertEqual(self.verdict("base", base=["Setup", "not 200"]), "setup")
        self.assertEqual(self.verdict("base", base=["Setup", "retry"]), "retry")

    def test_a_test_falls_with_its_prerequisite(self):
        self.assertEqual(self.verdict("built", base=["Assertion", "wrong"]), "prerequisite")

    def test_a_prerequisite_that_the_edition_does_not_hold_is_none(self):
        self.assertEqual(self.verdict("other"), "pass")

    def test_no_result_is_not_a_pass(self):
        found = judge.verdicts(SUITES, {"base": True})
        self.assertEqual(found["asked"][0], "missing")

    def test_a_circle_is_an_error(self):
        circle = [{"id": "c", "name": "C", "tests": [{"id": "a", "kind": "check", "needs": ["b"]},
                                                     {"id": "b", "kind": "check", "needs": ["a"]}]}]
        with self.assertRaises(ValueError):
            judge.verdicts(circle, {"a": True, "b": True})


class Comparison(unittest.TestCase):
    def test_all_as_expected(self):
        self.assertEqual(compared({}), [])
        self.assertEqual(compared({"asked": ["Assertion", "no"]}, [("ours to decide", ["asked"])]), [])

    def test_regression(self):
        self.assertEqual(len(compared({"base": ["Assertion", "wrong"]})), 2)  # and the one that needs it

    def test_unexpected_pass(self):
        self.assertEqual(compared({}, [("old reason", ["asked"])]), ["asked passes now: take it off the list"])

    def test_the_list_is_about_this_edition(self):
        self.assertIn("gone is listed, but the edition has no such test", compared({}, [("why", ["gone"])]))
        self.assertIn("the edition holds 2 required tests, expected 3",
                      compared({}, numbers={**NUMBERS, "required": 3}))

    def test_every_entry_has_one_reason(self):
        wrong = {"asked": ["Assertion", "no"]}
        self.assertEqual(compared(wrong, [(" ", ["asked"])]), ["no reason is given for asked"])
        self.assertEqual(compared(wrong, [("a", ["asked"]), ("b", ["asked"])]), ["asked is listed twice"])


class Table(unittest.TestCase):
    def test_counts_by_category(self):
        found = judge.verdicts(SUITES, {**ALL, "built": ["Assertion", "wrong"]})
        lines = [line.split() for line in judge.table(SUITES, found)]
        self.assertEqual(lines, [["category", "required", "optimal", "informative"], ["One", "1/1", "0/1", "-"],
                                 ["Two", "1/1", "-", "1/1"], ["total", "2/2", "0/1", "1/1"]])
        self.assertEqual(judge.score(SUITES, found), (2, 3))


if __name__ == "__main__":
    unittest.main()
