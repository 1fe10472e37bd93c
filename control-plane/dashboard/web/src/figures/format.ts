// Numbers for people: three digits that count, a thin space before the unit, one dash for nothing.

export const NOTHING = "–";
const THIN = "\u202f";
const MINUS = "−";

// Three significant digits without an exponent: 0.4, 12.3, 123.
function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1).replace(/\.0$/, "");
  return value.toFixed(2).replace(/\.?0+$/, "");
}

function scaled(value: number, base: number, units: readonly string[]): string {
  const sign = value < 0 ? MINUS : "";
  let size = Math.abs(value);
  let unit = 0;
  // 999.6 would be shown as "1000".
  while (size >= base * 0.9995 && unit + 1 < units.length) {
    size /= base;
    ++unit;
  }
  const name = units[unit] ?? "";
  return `${sign}${digits(size)}${name ? THIN + name : ""}`;
}

// 1234 -> "1.23 k"
export function count(value: number | null): string {
  return value === null ? NOTHING : scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

export function perSecond(value: number | null): string {
  return value === null ? NOTHING : `${count(value)}/s`;
}

// Storage, in powers of 1024.
export function bytes(value: number | null): string {
  return value === null ? NOTHING : scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

// Bytes per second as a line's rate, in powers of 1000.
export function bandwidth(bytesPerSecond: number | null): string {
  if (bytesPerSecond === null) return NOTHING;
  return scaled(bytesPerSecond * 8, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

// 0.9996 is not all: cut off, not rounded, so that "100 %" means every one and "0 %" none.
export function percent(ratio: number | null): string {
  if (ratio === null) return NOTHING;
  const sign = ratio < 0 ? MINUS : "";
  const size = Math.abs(ratio) * 100;
  if (size >= 100 - 1e-9) return `${sign}${Math.round(size)}${THIN}%`;
  const tenth = Math.floor(size * 10 + 1e-6) / 10;
  if (tenth === 0 && size > 1e-9) return `<${THIN}0.1${THIN}%`;
  return `${sign}${tenth.toFixed(1)}${THIN}%`;
}

export function microseconds(value: number | null): string {
  if (value === null) return NOTHING;
  if (value < 999.5) return `${digits(value)}${THIN}µs`;
  if (value < 999_500) return `${digits(value / 1000)}${THIN}ms`;
  return seconds(value / 1e6);
}

// 0.25 -> "250 ms", 75 -> "1 min 15 s", 7300 -> "2 h 2 min".
export function seconds(value: number | null): string {
  if (value === null) return NOTHING;
  if (value <= 0) return `0${THIN}s`;
  if (value < 0.9995) return `${digits(value * 1000)}${THIN}ms`;
  if (value < 59.5) return `${value < 9.95 ? digits(value) : value.toFixed(0)}${THIN}s`;
  const all = Math.round(value);
  if (all < 3600) return pair(Math.floor(all / 60), "min", all % 60, "s");
  const minutes = Math.round(all / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large}${THIN}${largeUnit}`;
  return small === 0 ? first : `${first} ${small}${THIN}${smallUnit}`;
}

// How much more or less `to` is: "+12.0 %", "−73.2 %"; more than ten times is a factor, "×14".
export function change(from: number, to: number): string {
  if (from === to) return `±0${THIN}%`;
  if (from <= 0 || to < 0) return NOTHING;
  const factor = to / from;
  if (factor >= 10) return `×${digits(factor)}`;
  return `${signOf(factor - 1)}${(Math.abs(factor - 1) * 100).toFixed(1)}${THIN}%`;
}

// The difference of two ratios in percentage points.
export function points(difference: number): string {
  return `${signOf(difference)}${(Math.abs(difference) * 100).toFixed(1)} points`;
}

function signOf(value: number): string {
  return value > 0 ? "+" : value < 0 ? MINUS : "±";
}

// Time since a beginning: 0:05, 12:00, 1:02:03.
export function elapsed(value: number): string {
  const all = Math.round(value);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

export function kilometres(value: number | undefined): string {
  return value === undefined ? NOTHING : `${Math.round(value).toLocaleString("en").replaceAll(",", THIN)}${THIN}km`;
}

// 250 -> "0.25 cores"
export function cores(millicores: number): string {
  return `${digits(millicores / 1000)}${THIN}${millicores === 1000 ? "core" : "cores"}`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
