// Bundles the tests and runs them with node's own runner.
//   node test/run.mjs types|unit|browser|cluster|report|serve FOLDER [NAME]
// NAME: only NAME.test.ts.
// FOLDER is that of build.mjs --out, of build.mjs --report for "report"; screenshots are written to FOLDER/screenshots.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [kind, folder, only] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { resolve: find } = createRequire(import.meta.url);
if (kind === "types") {
  const compiler = join(dirname(find("typescript/package.json")), "bin/tsc");
  process.exit(spawnSync(process.execPath, [compiler, "-p", join(here, "..")], { stdio: "inherit" }).status ?? 1);
}
const out = resolve(folder, "test", kind);
const sources = kind === "serve" ? ["mock/serve.ts"]
  : readdirSync(join(here, kind)).filter((name) => name.endsWith(".test.ts")).map((name) => join(kind, name));

// Written as CommonJS, whose look-up of packages can be told where they are.
await build({
  absWorkingDir: here, entryPoints: sources, outdir: out, outbase: kind === "serve" ? "mock" : kind, bundle: true, platform: "node",
  format: "cjs", outExtension: { ".js": ".cjs" }, target: "node18", jsx: "automatic", jsxImportSource: "preact",
  external: ["playwright-core", "axe-core"], loader: { ".css": "empty" }, sourcemap: "inline", logLevel: "warning",
});
const modules = find("axe-core/package.json").replace(/\/axe-core\/package\.json$/, "");
mkdirSync(resolve(folder, "screenshots"), { recursive: true });
const files = readdirSync(out).filter((name) => (only ? name === `${only}.test.cjs` : name.endsWith(".cjs"))).map((name) => join(out, name));
const { status } = spawnSync(process.execPath, [...(kind === "serve" ? [] : ["--test", "--test-concurrency=1", "--test-reporter=spec"]), "--enable-source-maps", ...files], {
  stdio: "inherit",
  env: { ...process.env, NODE_PATH: modules, ATOLL_DASHBOARD: resolve(folder), TZ: "UTC" },
});
process.exit(status ?? 1);
