"""From the client's results to verdicts, a table, and a comparison with what is expected. No I/O."""

KINDS = {"required": "required", "optimal": "optimal", "check": "informative"}


def verdicts(suites, results):
    """{test: (verdict, text)}; a test whose prerequisite did not pass has not passed either, as on
    the suite's own page. Verdicts: pass, fail, setup, retry, prerequisite, missing."""
    tests = {test["id"]: test for suite in suites for test in suite["tests"]}
    found = {}

    def verdict(name, path=()):
        if name in found:
            return found[name]
        if name in path:
            raise ValueError(f"tests wait for one another: {' -> '.join((*path, name))}")
        found[name] = judge(name, (*path, name))
        return found[name]

    def judge(name, path):
        result = results.get(name)
        if result is None:
            return "missing", "the client gave no result"
        for needed in tests[name]["needs"]:
            if needed in tests and verdict(needed, path)[0] != "pass":
                return "prerequisite", f"{needed} did not pass"
        if result is True:
            return "pass", ""
        error, text = result
        if error == "Setup":
            return ("retry" if text == "retry" else "setup"), text
        return "fail", text if error == "Assertion" else f"{error}: {text}"

    for name in tests:
        verdict(name)
    return found


def count(tests, found):
    """{kind: (passed, all)}"""
    kinds = {}
    for test in tests:
        passed, total = kinds.get(test["kind"], (0, 0))
        kinds[test["kind"]] = (passed + (found[test["id"]][0] == "pass"), total + 1)
    return kinds


def table(suites, found):
    """The table by category, as lines."""
    rows = [("category", *KINDS.values())]
    everything = [test for suite in suites for test in suite["tests"]]
    for name, tests in [*((suite["name"], suite["tests"]) for suite in suites), ("total", everything)]:
        kinds = count(tests, found)
        rows.append((name, *("{}/{}".format(*kinds[kind]) if kind in kinds else "-" for kind in KINDS)))
    width = max(len(row[0]) for row in rows)
    return [f"{row[0]:<{width}}" + "".join(f"{cell:>13}" for cell in row[1:]) for row in rows]


def score(suites, found):
    """Passed and all of the required and optimal tests together."""
    kinds = count([test for suite in suites for test in suite["tests"]], found)
    pairs = [kinds[kind] for kind in ("required", "optimal") if kind in kinds]
    return sum(passed for passed, _ in pairs), sum(total for _, total in pairs)


def compare(suites, found, expected):
    """What differs from `expected` ({"tests": {kind: number}, "not_passed": [{"reason", "tests"}]}),
    as sentences; none when all is as expected. Better than expected is a difference too: the list
    has to stay true."""
    problems = []
    kinds = count([test for suite in suites for test in suite["tests"]], found)
    for kind, name in KINDS.items():
        wanted, held = expected["tests"].get(name), kinds.get(kind, (0, 0))[1]
        if wanted != held:
            problems.append(f"the edition holds {held} {name} tests, expected {wanted}")
    reasons = {}
    for group in expected["not_passed"]:
        if not group["reason"].strip():
            problems.append(f"no reason is given for {', '.join(group['tests'])}")
        for name in group["tests"]:
            if name in reasons:
                problems.append(f"{name} is listed twice")
            reasons[name] = group["reason"]
    for name in sorted(reasons.keys() - found.keys()):
        problems.append(f"{name} is listed, but the edition has no such test")
    for name, (verdict, text) in sorted(found.items()):
        if verdict == "pass" and name in reasons:
            problems.append(f"{name} passes now: take it off the list")
        elif verdict != "pass" and name not in reasons:
            problems.append(f"{name} does not pass ({verdict}): {text}")
    return problems
