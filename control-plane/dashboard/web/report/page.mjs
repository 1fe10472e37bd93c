// The lab's page: one HTML file with everything in it, and a place for the data.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const DATA_MARK = "{data}";

const policyHash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

// `web`: the folder of package.json.
export async function makePage(web) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: web, entryPoints: ["report/main.tsx"], bundle: true, minify: true, write: false,
    format: "iife", target: ["es2022"], charset: "utf8", jsx: "automatic", jsxImportSource: "preact",
    outdir: "out", legalComments: "none", logLevel: "warning",
  });
  const text = (suffix) => outputFiles.find((file) => file.path.endsWith(suffix)).text.trim();
  const [script, style] = [text(".js"), text(".css")];
  // In HTML these would end the element, whatever the language around them says.
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("a script or a style ends its own element");
  const icon = readFileSync(join(web, "src/icon.svg")).toString("base64");
  const parts = {
    "{script}": script, "{style}": style, "{script-hash}": policyHash(script), "{style-hash}": policyHash(style),
    "{icon}": `data:image/svg+xml;base64,${icon}`,
  };
  return readFileSync(join(web, "report/index.html"), "utf8")
    .replace(/\{(?:script|style|script-hash|style-hash|icon)\}/g, (name) => parts[name]);
}

// The page, and its two halves around the data as an object (deploy/lab/page/template.h).
export function writePage(out, page) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "page.html"), page);
  const at = page.indexOf(`>${DATA_MARK}</script>`) + 1;
  if (at === 0) throw new Error("the page has no place for the data");
  const halves = { before: page.slice(0, at), after: page.slice(at + DATA_MARK.length) };
  const lines = Object.entries(halves).flatMap(([name, text]) => {
    const path = join(out, `${name}.html`);
    writeFileSync(path, text);
    const symbol = `atoll_lab_page_${name}`;
    return [`  .global ${symbol}`, `${symbol}:`, `  .incbin "${path}"`, `  .global ${symbol}_end`, `${symbol}_end:`, "  .byte 0"];
  });
  writeFileSync(join(out, "page.S"), [
    "// Made by control-plane/dashboard/web/build.mjs.", "  .section .rodata", ...lines,
    '  .section .note.GNU-stack, "", %progbits', "",
  ].join("\n"));
}
