import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as format from "../../src/figures/format";

// Thin spaces are written as "_".
function same(rows: readonly (readonly [string, string])[]): void {
  for (const [got, want] of rows) assert.equal(got.replaceAll("\u202f", "_"), want);
}

test("counts have three digits and an SI prefix", () => {
  const c = format.count;
  same([[c(null), "–"], [c(0), "0"], [c(0.04), "0.04"], [c(1.5), "1.5"], [c(12.34), "12.3"], [c(99.96), "100"],
    [c(999), "999"], [c(999.6), "1_k"], [c(1000), "1_k"], [c(1234), "1.23_k"], [c(12_345), "12.3_k"],
    [c(999_950), "1_M"], [c(1e6), "1_M"], [c(2.5e12), "2.5_T"], [c(-1500), "−1.5_k"]]);
});

test("storage counts in powers of 1024, lines in powers of 1000", () => {
  const { bytes: b, bandwidth: w } = format;
  same([[b(null), "–"], [b(0), "0_B"], [b(1023), "1023_B"], [b(1024), "1_KiB"], [b(1536 * 2 ** 20), "1.5_GiB"],
    [w(null), "–"], [w(0), "0_bit/s"], [w(125), "1_kbit/s"], [w(125e6), "1_Gbit/s"]]);
});

test("only all is 100 % and only nothing is 0 %", () => {
  const p = format.percent;
  same([[p(null), "–"], [p(0), "0.0_%"], [p(1), "100_%"], [p(0.99999), "99.9_%"], [p(0.9), "90.0_%"],
    [p(0.0004), "<_0.1_%"], [p(0.001), "0.1_%"], [p(-0.25), "−25.0_%"], [p(-3), "−300_%"], [p(0.29), "29.0_%"]]);
});

test("durations have the unit that fits", () => {
  const { microseconds: us, seconds: s } = format;
  same([[us(null), "–"], [us(0.5), "0.5_µs"], [us(180), "180_µs"], [us(999), "999_µs"], [us(999.7), "1_ms"],
    [us(21_000), "21_ms"], [us(999_600), "1_s"], [us(2_300_000), "2.3_s"],
    [s(0), "0_s"], [s(0.25), "250_ms"], [s(9.5), "9.5_s"], [s(42.4), "42_s"], [s(59.7), "1_min"], [s(75), "1_min 15_s"],
    [s(7320), "2_h 2_min"], [s(3600), "1_h"], [s(86_399), "1_d"], [s(90_000), "1_d 1_h"]]);
});

test("words go with their number", () => {
  same([[format.plural(1, "node"), "1 node"], [format.plural(0, "node"), "0 nodes"], [format.cores(250), "0.25_cores"],
    [format.cores(1000), "1_core"], [format.kilometres(undefined), "–"], [format.kilometres(12_345.6), "12_346_km"]]);
});

test("changes have a sign, and a factor where a percentage says nothing", () => {
  const { change, points } = format;
  same([[change(100, 25), "−75.0_%"], [change(10, 11), "+10.0_%"], [change(5, 5), "±0_%"], [change(0, 0), "±0_%"], [change(0, 5), "–"],
    [change(1, 14), "×14"], [change(4, 0), "−100.0_%"], [points(0.031), "+3.1 points"], [points(-0.5), "−50.0 points"], [points(0), "±0.0 points"]]);
});

test("time since a beginning is written as a clock", () => {
  same([[format.elapsed(0), "0:00"], [format.elapsed(5), "0:05"], [format.elapsed(725), "12:05"], [format.elapsed(3723), "1:02:03"]]);
});
