// Coordinates: measures texts as this browser draws them, and lets Graphviz place boxes and lead edges.
//
// Graphviz gets numbers only: no text of a spec is ever part of the DOT, so none can be read as DOT.
import { inColumns } from "./columns.js";
import { isContainer } from "./model.js";
import { blockOf, human, percent, share, wrap } from "./words.js";

const POINTS = 72; // an inch of Graphviz, in units of the drawing
const PAD = { x: 9, y: 5 };
export const TITLE = { height: 18, chevron: 13 };
export const STYLES = {
  name: { size: 12, weight: 600, height: 16 },
  call: { size: 12, weight: 400, height: 16 },
  note: { size: 10, weight: 400, height: 13 },
};
export const FONT = 'Helvetica, Arimo, Arial, "Liberation Sans", sans-serif';

export const BLOCK_GAP = 4;

const pen = document.createElement("canvas").getContext("2d");

function widthOf(text, style) {
  pen.font = `${style.weight} ${style.size}px ${FONT}`;
  return pen.measureText(text).width;
}

/** The name of what is called in a loop: its number would take a line of its box. */
const NUMBERED = /^.*\.\d+$/;

/** Of a shape with the block that stands for it. */
export function widthOfSize(shape) {
  const block = blockOf(shape);
  return widthOf(shape, STYLES.note) + (block ? block.width + BLOCK_GAP : 0);
}

/** The lines that an item's box shows, each with the name of its style. */
export function linesOf(item, model, heat) {
  const lines = [];
  const called = calledOf(item);
  const name = called ? item.label.replace(NUMBERED, "") : named(item);
  if (name) lines.push({ text: name, style: "name" });
  if (called) {
    const style = isContainer(item) && !name ? "name" : "call";
    lines.push(...wrap(called).map((text) => ({ text, style })));
  }
  lines.push(...(item.inside ?? []).map((text) => ({ text, style: "call" })));
  if (item.owner) lines.push({ text: `weights of ${item.owner}`, style: "note" });
  if (item.float32) lines.push({ text: "float32", style: "note" });
  if (item.kind === "input" || item.kind === "output") lines.push({ text: item.shape.join("×"), style: "call" });
  else if (heat && item[heat] !== 0) {
    lines.push({ text: [human(item[heat]), percent(share(item[heat], model.total[heat]))].filter(Boolean).join(" · "), style: "note" });
  }
  return lines;
}

/** What a frame is called. */
export function titleOf(item) {
  const called = calledOf(item);
  const plain = called ? [item.label, called].filter(Boolean).join(": ") : named(item);
  const title = item.owner ? `${plain}, weights of ${item.owner}` : plain;
  return title.length > 52 ? `${title.slice(0, 51)}…` : title;
}

/** The call as it is shown, with how often it comes. */
function calledOf(item) {
  const call = item.brief ?? item.call;
  return call && item.times ? `${call} ×${item.times}` : call;
}

/** The name of what has no call. */
function named(item) {
  return [item.label, item.times ? `×${item.times}` : ""].filter(Boolean).join(" ");
}

/**
 * Places everything of a plan. The result has a size, and coordinates for boxes, frames, forks, edges and labels. It is
 * in the columns that `breaks` begin, or without in those that fill `room` best.
 */
export function layOut(graphviz, model, plan, { heat, direction }, room, breaks) {
  const sizes = new Map();
  for (const item of plan.visible) if (!plan.unfolded.has(item.id)) sizes.set(item.id, sizeOfBox(linesOf(item, model, heat)));
  const done = graphviz.render(dotOf(plan, sizes, direction), { format: "json0" });
  if (done.status !== "success") throw new Error(`Graphviz: ${done.errors.map((error) => error.message).join("; ")}`);
  const whole = placed(JSON.parse(done.output), plan, model, sizes, heat);
  return inColumns(whole, plan, direction, room, model.rise ? [] : breaks); // two limbs are as good as columns
}

function sizeOfBox(lines) {
  const width = Math.max(36, ...lines.map(({ text, style }) => widthOf(text, STYLES[style])));
  const height = lines.reduce((sum, { style }) => sum + STYLES[style].height, 0);
  return { width: width + 2 * PAD.x, height: Math.max(height, 14) + 2 * PAD.y };
}

function dotOf(plan, sizes, direction) {
  const out = [`digraph{graph[rankdir=${direction} nodesep=0.28 ranksep=0.22]node[shape=box fixedsize=true label=""]edge[arrowsize=0.6]`];
  const within = new Map();
  for (const fork of plan.forks) {
    if (!within.has(fork.home)) within.set(fork.home, []);
    within.get(fork.home).push(`${fork.key}[shape=point width=0.05 height=0.05];`);
  }
  out.push(...(within.get(0) ?? []));
  const open = [0];
  for (const item of plan.visible) {
    const home = plan.homes.get(item.id);
    while (open.length > home.length) { out.push("}"); open.pop(); }
    if (plan.unfolded.has(item.id)) {
      const width = widthOf(titleOf(item), STYLES.call) + TITLE.chevron + 4;
      out.push(`subgraph cluster_${item.id}{graph[margin=9 labeljust=l labelloc=${direction === "BT" ? "b" : "t"} label=${blank(width, TITLE.height)}]`, ...(within.get(item.id) ?? []));
      open.push(item.id);
    } else {
      const { width, height } = sizes.get(item.id);
      out.push(`n${item.id}[width=${inches(width)} height=${inches(height)}];`);
    }
  }
  out.push("}".repeat(open.length - 1));
  plan.edges.forEach((edge, index) => {
    const looks = [`id=e${index}`, `weight=${edge.course === "across" ? 600 : edge.skip ? 1 : 150}`];
    if (edge.course === "across") looks.push("minlen=0");
    else if (edge.shape) looks.push(`label=${blank(widthOfSize(edge.shape) + 10, Math.max(STYLES.note.height, blockOf(edge.shape)?.height ?? 0))}`);
    // To Graphviz, an edge whose head is above its tail is one the other way round with its arrow at the tail.
    const upwards = edge.course === "up";
    if (upwards) looks.push("dir=back");
    if (typeof edge.head === "string") looks.push(upwards ? "arrowtail=none" : "arrowhead=none");
    const [from, to] = upwards ? [edge.head, edge.tail] : [edge.tail, edge.head];
    out.push(`${key(from)}->${key(to)}[${looks.join(" ")}];`);
  });
  return `${out.join("\n")}}`;
}

function key(end) {
  return typeof end === "number" ? `n${end}` : end;
}

function inches(points) {
  return (points / POINTS).toFixed(3);
}

/** A label of a size and without a text: the texts are drawn here, in the browser's own font. */
function blank(width, height) {
  return `<<table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" width="${Math.ceil(width)}" height="${height}"><tr><td></td></tr></table>>`;
}

function placed(drawn, plan, model, sizes, heat) {
  const [, , width, height] = drawn.bb.split(",").map(Number);
  const at = (text) => { const [x, y] = text.split(",").map(Number); return { x, y: height - y }; };
  const boxes = new Map();
  const frames = new Map();
  const forks = [];
  for (const object of drawn.objects ?? []) {
    const id = Number(object.name.replace(/\D+/, ""));
    if (object.name.startsWith("cluster_")) {
      const [left, bottom, right, top] = object.bb.split(",").map(Number);
      frames.set(id, { x: left, y: height - top, width: right - left, height: top - bottom });
    } else if (object.name.startsWith("f")) {
      forks.push(at(object.pos));
    } else {
      const { x, y } = at(object.pos);
      const size = sizes.get(id);
      boxes.set(id, { x: x - size.width / 2, y: y - size.height / 2, ...size, lines: linesOf(model.items[id], model, heat) });
    }
  }
  const edges = (drawn.edges ?? []).map((edge) => {
    const known = plan.edges[Number(edge.id.slice(1))];
    return { ...known, ...curve(edge.pos, at, known.course === "up"), arrow: typeof known.head === "number", label: edge.lp && at(edge.lp) };
  });
  return { width, height, boxes, frames, forks, edges };
}

/** The points of a curve from Graphviz's list, in which `e,` or `s,` marks the tip of the arrow at its end or start. */
function curve(pos, at, upwards) {
  const listed = pos.split(" ");
  const tip = listed.find((point) => /^[se],/.test(point));
  const points = listed.filter((point) => point !== tip).map(at);
  return { points: upwards ? points.reverse() : points, tip: tip && at(tip.slice(2)) };
}

/** The data of an SVG path. */
export function pathOf({ points: [first, ...rest], tip }) {
  const show = ({ x, y }) => `${round(x)} ${round(y)}`;
  return `M${show(first)}C${rest.map(show).join(" ")}${tip ? `L${show(tip)}` : ""}`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}
