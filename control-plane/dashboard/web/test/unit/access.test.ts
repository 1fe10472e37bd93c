import { strict as assert } from "node:assert";
import { test } from "node:test";
import { refusal } from "../../src/access/role";
import type { Session } from "../../src/api/answers";

const as = (role: Session["role"]): Session => ({ authentication: "required", token: "ci", role, expires_s: null });

test("a role may do what it may, and is told what it lacks", () => {
  for (const [role, needed, may] of [
    ["viewer", "viewer", true], ["viewer", "operator", false], ["viewer", "admin", false], ["operator", "operator", true],
    ["operator", "admin", false], ["admin", "operator", true], ["admin", "admin", true],
  ] as const) {
    assert.equal(refusal(as(role), needed) === "", may, `${role} ${needed}`);
  }
  assert.equal(refusal(as("viewer"), "operator"), "This needs the role operator, and the token “ci” has the role viewer.");
  assert.notEqual(refusal(null, "viewer"), "");
});
