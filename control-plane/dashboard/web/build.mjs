// Makes the bundle that atoll-control has inside, and the page that `atoll lab` writes its reports into.
//   node build.mjs --check          are the packages of package.json here, in its versions?
//   node build.mjs --out FOLDER     FOLDER/files/: what is served; FOLDER/bundle.{S,cc}: it as an object
//   node build.mjs --report FOLDER  FOLDER/page.html: the page; FOLDER/page.S: it as an object
// It only reads what is here: nothing is downloaded.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { makePage, writePage } from "./report/page.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PREFIX = "/dashboard/";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

// Sentences about packages that are not as package.json wants them.
function missingPackages() {
  const { dependencies } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
  const { resolve } = createRequire(join(HERE, "package.json"));
  return Object.entries(dependencies).flatMap(([name, wanted]) => {
    for (const folder of resolve.paths(name) ?? []) {
      try {
        const { version } = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8"));
        return version === wanted ? [] : [`${name} is ${version}, not ${wanted}`];
      } catch {
        // not in this folder
      }
    }
    return [`${name} ${wanted} is not installed`];
  });
}

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

// Scripts and styles by esbuild, the icon and the page by hand: [{ path, bytes, lasting }].
async function makeFiles() {
  const { build } = await import("esbuild");
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: ["src/main.tsx"],
    bundle: true, minify: true, splitting: true, write: false, metafile: true,
    format: "esm", target: ["es2022"], charset: "utf8",
    jsx: "automatic", jsxImportSource: "preact",
    outdir: "out", entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]",
    legalComments: "none", logLevel: "warning",
  });
  const files = result.outputFiles.map((file) => (
    { path: PREFIX + basename(file.path), bytes: Buffer.from(file.contents), lasting: true }));
  const icon = readFileSync(join(HERE, "src/icon.svg"));
  files.push({ path: `${PREFIX}icon-${hashOf(icon)}.svg`, bytes: icon, lasting: true });
  const entry = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint === "src/main.tsx");
  const page = readFileSync(join(HERE, "index.html"), "utf8")
    .replace("{script}", PREFIX + basename(entry[0]))
    .replace("{style}", PREFIX + basename(entry[1].cssBundle))
    .replace("{icon}", files.at(-1).path);
  files.push({ path: "/", bytes: Buffer.from(page), lasting: false });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

// The files as an object: assembler for the bytes, C++ for the table (control-plane/dashboard/asset.h).
function writeObject(out, files) {
  const symbols = [];
  const entries = [];
  files.forEach((file, i) => {
    const name = file.path === "/" ? "index.html" : basename(file.path);
    const zipped = gzipSync(file.bytes, { level: 9 });
    const smaller = zipped.length < file.bytes.length * 0.9;
    const place = (suffix, bytes) => {
      const path = join(out, "files", name + suffix);
      writeFileSync(path, bytes);
      symbols.push([`atoll_dashboard_${i}${suffix.replace(".", "_")}`, path]);
      return `bytes(${symbols.at(-1)[0]}, ${bytes.length})`;
    };
    entries.push(`    {"${file.path}", "${TYPES[extname(name)]}", "${hashOf(file.bytes)}", ${file.lasting}, ` +
      `${place("", file.bytes)}, ${smaller ? place(".gz", zipped) : "{}"}},`);
  });
  writeFileSync(join(out, "bundle.S"), [
    "// Made by control-plane/dashboard/web/build.mjs.",
    "  .section .rodata",
    ...symbols.map(([symbol, path]) => `  .global ${symbol}\n${symbol}:\n  .incbin "${path}"`),
    '  .section .note.GNU-stack, "", %progbits', "",
  ].join("\n"));
  writeFileSync(join(out, "bundle.cc"), [
    "// Made by control-plane/dashboard/web/build.mjs.",
    '#include "control-plane/dashboard/asset.h"', "",
    'extern "C" {',
    ...symbols.map(([symbol]) => `extern const char ${symbol}[];`),
    "}", "",
    "namespace atl::control {",
    "namespace {",
    "std::string_view bytes(const char* begin, size_t size) { return {begin, size}; }",
    "}  // namespace", "",
    "std::span<const Asset> bundled_assets() {",
    "  static const Asset kAssets[] = {",
    ...entries,
    "  };",
    "  return kAssets;",
    "}", "",
    "}  // namespace atl::control", "",
  ].join("\n"));
}

async function main() {
  const [command, out] = process.argv.slice(2);
  const missing = missingPackages();
  if (missing.length > 0) {
    console.error(missing.join("\n"));
    process.exit(1);
  }
  if (command === "--check") return;
  if (!["--out", "--report"].includes(command) || !out) {
    console.error("usage: node build.mjs --check | --out FOLDER | --report FOLDER");
    process.exit(2);
  }
  if (command === "--report") return writePage(out, await makePage(HERE));
  rmSync(join(out, "files"), { recursive: true, force: true });
  mkdirSync(join(out, "files"), { recursive: true });
  writeObject(out, await makeFiles());
}

await main();
