// Figures and calls as people read them.

const UNITS = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** Three digits and a unit; a figure that depends on an open dimension is an expression, and stays as it is. */
export function human(count) {
  if (typeof count !== "number") return String(count);
  for (const [size, unit] of UNITS) {
    // Rounding to three digits may carry into the next unit: 999,999 is 1.00 M and not 1000 k.
    if (count >= size * 0.9995) {
      const scaled = count / size;
      const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
      return `${scaled.toFixed(digits)} ${unit}`;
    }
  }
  return String(count);
}

/** All digits, in threes: `25,610,152`. */
export function exact(count) {
  return typeof count === "number" ? count.toLocaleString("en-US") : String(count);
}

/** A part of the total, between 0 and 1; `undefined` where either is an expression, or the total is nothing. */
export function share(part, total) {
  return typeof part === "number" && typeof total === "number" && total > 0 ? part / total : undefined;
}

/** `4.3 %`, with `< 0.1 %` for what is little but not nothing. */
export function percent(part) {
  if (part === undefined) return "";
  if (part > 0 && part < 0.0005) return "< 0.1 %";
  return `${(part * 100).toFixed(part >= 0.0995 ? 0 : 1)} %`;
}

/** A call on several lines, broken after commas. */
export function wrap(call, width = 34) {
  const lines = [""];
  for (const part of call.split(/(?<=,) /)) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + part.length > width) lines.push(part);
    else lines[lines.length - 1] = last ? `${last} ${part}` : part;
  }
  return lines.map((line) => (line.length > 2 * width ? `${line.slice(0, 2 * width - 1)}…` : line));
}

/** `1 box`, `2 boxes`: a count with its noun. */
export function plural(count, one, many = `${one}s`) {
  return `${exact(count)} ${count === 1 ? one : many}`;
}

/**
 * Width and height of the block that stands for a tensor beside its shape: wider for more channels and higher for more
 * places, both by logarithms; without sizes that are known at run time alone.
 */
export function blockOf(shape) {
  const sizes = shape.split("×").map(Number);
  if (sizes.some(Number.isNaN)) return undefined;
  const logs = sizes.map((size) => Math.log2(size || 1));
  const side = logs.slice(0, -1).reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length - 1);
  return { width: Math.max(1, Math.round(logs.at(-1))), height: Math.max(1, Math.round(1.5 * side)) };
}
