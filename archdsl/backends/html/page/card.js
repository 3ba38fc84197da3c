// The card: what is known about one item. Every text goes in as text.
import { elementOf } from "./elements.js";
import { isContainer, isRun, neighbours } from "./model.js";
import { sizeOf } from "./plan.js";
import { exact, human, percent, plural, share } from "./words.js";

const NEAR = 6; // neighbours that are listed; a concatenation may have many

/** Shows an item in `card`. `go(item)` follows a link, `toggle(item)` folds, `spread(item)` shows each block of a run. */
export function fillCard(card, model, item, state, { go, toggle, spread }) {
  const { before, after } = neighbours(model, item);
  const link = (id) => {
    const target = model.items[id];
    return elementOf("button", { type: "button", className: "link", onclick: () => go(target) }, target.path);
  };
  const links = (ids) => [...ids.slice(0, NEAR).map(link), ids.length > NEAR ? `and ${ids.length - NEAR} more` : ""];
  const rows = [
    ["Input", before.map((id) => sizeOf(model.items[id])).filter(isFirst).join(", ")],
    ["Output", sizeOf(item)],
    ["Parameters", figure(item.params, model.total.params)],
    ["Trainable", item.trainable === item.params ? "" : exact(item.trainable)],
    ["MACs", figure(item.macs, model.total.macs)],
    ["Holds", isContainer(item) ? holds(item) : ""],
    ["Weights of", item.layer ?? ""],
    ["Computes in", item.float32 ? "float32" : ""],
    ["From", links(before)],
    ["To", links(after)],
  ].filter(([, value]) => value && value.length > 0);

  card.replaceChildren(
    elementOf("h2", {}, item.path || model.name),
    item.call ? elementOf("code", { className: "call" }, item.call + (item.times ? ` ×${item.times}` : "")) : "",
    item.doc ? elementOf("p", { className: "doc" }, ...prose(item.doc)) : "",
    elementOf("dl", {}, ...rows.flatMap(([name, value]) => [elementOf("dt", {}, name), elementOf("dd", {}, ...[value].flat())])),
    item.file ? sourceOf(model, item) : "",
    isContainer(item) ? button(state.opened.has(item.id) ? "Fold" : "Unfold", () => toggle(item)) : "",
    item.times && !isRun(item) ? button(state.spread.has(item.id) ? "Show one for all" : `Show all ${item.times}`, () => spread(item)) : "",
  );
}

/** Text in which what stands between backticks is code. */
function prose(text) {
  return text.split(/`([^`]+)`/).map((piece, index) => (index % 2 ? elementOf("code", {}, piece) : piece));
}

function button(words, onclick) {
  return elementOf("button", { type: "button", className: "act", onclick }, words);
}

function figure(count, total) {
  if (count === 0) return "";
  const part = percent(share(count, total));
  const rounded = human(count);
  return [exact(count), rounded === String(count) ? "" : rounded, part].filter(isFirst).filter(Boolean).join(" · ");
}

function isFirst(value, index, all) {
  return all.indexOf(value) === index;
}

function holds(item) {
  return item.times ? `${item.times} alike` : plural(item.children.length, "part");
}

function sourceOf(model, item) {
  const line = model.lines[item.file]?.[item.place[0]];
  const where = elementOf("figcaption", {}, `${item.file}:${item.place[0]}`);
  return elementOf("figure", {}, where, line === undefined ? "" : elementOf("pre", {}, ...trimmed(line).map(coloured)));
}

/** A line in pieces, each of a kind, without the blanks at both ends. */
function trimmed(line) {
  const written = line.map(([kind]) => kind !== "space");
  return line.slice(Math.max(0, written.indexOf(true)), written.lastIndexOf(true) + 1);
}

function coloured([kind, text]) {
  return elementOf("span", { className: `code-${kind}` }, text);
}
