// The picture: SVG elements for a layout. Every text goes in as text, so that none can become markup.
import { RADIUS } from "./columns.js";
import { shapeOf, tint } from "./elements.js";
import { isContainer } from "./model.js";
import { BLOCK_GAP, FONT, STYLES, TITLE, pathOf, titleOf, widthOfSize } from "./layout.js";
import { blockOf, exact, human, percent, share } from "./words.js";

/** Fills `scene` with the picture, whose boxes have the colours that `look(item)` names, and returns the element of each box and frame by the number of its item. */
export function draw(scene, model, plan, layout, look) {
  const frames = shapeOf("g", { "aria-hidden": "true" });
  const edges = shapeOf("g", { "aria-hidden": "true", class: "edges" });
  const items = shapeOf("g", { role: "none" });
  const elements = new Map();
  const further = [];
  for (const item of plan.visible) {
    const opened = plan.unfolded.has(item.id);
    const parts = layout.frames.get(item.id);
    if (opened) frames.append(...parts.map((part) => frameOf(item, part)));
    if (opened) continued(further, item, parts);
    const element = opened ? headOf(item, parts[0]) : boxOf(item, layout.boxes.get(item.id), look(item));
    describe(element, item, model, plan, opened);
    elements.set(item.id, element);
    items.append(element);
  }
  frames.append(...further.map(againOf));
  for (const edge of layout.edges) edges.append(...edgeOf(edge));
  for (const { x, y } of layout.forks) edges.append(shapeOf("circle", { class: "fork", cx: x, cy: y, r: 1.8 }));
  for (const link of layout.links) edges.append(...linkOf(link));
  scene.replaceChildren(frames, edges, items);
  return elements;
}

function frameOf(item, { x, y, width, height }) {
  return shapeOf("rect", { class: `frame ${item.kind}`, x, y, width, height, rx: 6 });
}

/** Notes in `further` what of a frame is in further columns. Frames within it that go on there too have one line with it. */
function continued(further, item, parts) {
  for (const { x, y, width } of parts.slice(1)) {
    const around = further.find((one) => Math.abs(one.y - y) < 1 && one.x <= x && x + width <= one.x + one.width);
    if (around) around.titles.push(titleOf(item));
    else further.push({ x, y, width, titles: [titleOf(item)] });
  }
}

/** The titles of frames once more, above what is in a further column. */
function againOf({ x, y, titles }) {
  return shapeOf("text", { class: "again", x: x + 3, y: y - 4, "font-size": STYLES.note.size, "font-family": FONT }, `… ${titles.join(" › ")}`);
}

/** The title of a frame, over its whole width: what is clicked to fold it. */
function headOf(item, { x, y, width }) {
  const head = shapeOf("g", { class: `head ${item.kind}` });
  const middle = y + 4 + TITLE.height / 2;
  head.append(
    shapeOf("rect", { class: "shape", x: x + 3, y: y + 3, width: width - 6, height: TITLE.height + 3, rx: 4 }),
    shapeOf("path", { class: "chevron", d: `M${x + 9} ${middle - 2}l3.5 4 3.5-4` }),
    shapeOf("text", { x: x + 8 + TITLE.chevron, y: middle + 4, "font-size": STYLES.call.size }, titleOf(item)),
  );
  return head;
}

function boxOf(item, { x, y, width, height, lines }, look) {
  const box = shapeOf("g", { class: `box ${item.kind}` });
  tint(box, look);
  const rx = item.kind === "input" || item.kind === "output" ? 0 : 6;
  if (item.times) {
    for (const off of [6, 3]) box.append(shapeOf("rect", { class: "sheet", x: x + off, y: y + off, width, height, rx }));
  }
  box.append(shapeOf("rect", { class: "shape", x, y, width, height, rx }));
  let baseline = y + (height - lines.reduce((sum, line) => sum + STYLES[line.style].height, 0)) / 2;
  for (const { text, style } of lines) {
    const { size, weight, height: tall } = STYLES[style];
    const attributes = { class: style, x: x + width / 2, y: baseline + tall * 0.76, "font-size": size, "font-weight": weight };
    box.append(shapeOf("text", attributes, text));
    baseline += tall;
  }
  return box;
}

/** What assistive technology says about an item: a tree, whose items fold. */
function describe(element, item, model, plan, opened) {
  element.dataset.path = item.path;
  element.setAttribute("role", "treeitem");
  element.setAttribute("tabindex", "-1");
  element.setAttribute("font-family", FONT);
  element.setAttribute("aria-level", plan.homes.get(item.id).length);
  element.setAttribute("aria-selected", "false");
  if (isContainer(item)) element.setAttribute("aria-expanded", String(opened));
  const part = percent(share(item.params, model.total.params));
  const words = [titleOf(item) || item.path, item.shape.length > 0 ? `output ${item.shape.join(" by ")}` : ""];
  if (item.params) words.push(`${exact(item.params)} parameters${part ? `, ${part}` : ""}`);
  if (item.macs) words.push(`${human(item.macs)} multiply-adds`);
  element.setAttribute("aria-label", words.filter(Boolean).join(", "));
}

function* edgeOf({ tail, head, points, tip, arrow, label, shape, skip }) {
  const end = arrow ? { "marker-end": "url(#arrow)" } : {};
  yield shapeOf("path", { class: skip ? "edge skip" : "edge", d: pathOf({ points, tip }), "data-tail": tail, "data-head": head, ...end });
  if (label) yield* sizeAt(label, shape);
}

/** A shape, after the block that stands for it. */
function* sizeAt({ x, y }, shape) {
  const block = blockOf(shape);
  const left = x - widthOfSize(shape) / 2;
  if (block) yield shapeOf("rect", { class: "volume", x: left, y: y - block.height / 2, ...block });
  const middle = block ? x + (block.width + BLOCK_GAP) / 2 : x;
  yield shapeOf("text", { class: "size", x: middle, y: y + 3.5, "font-size": STYLES.note.size, "font-family": FONT }, shape);
}

/** Where a column ends, and where the next goes on: both have the same number. */
function* linkOf({ x, y, number }) {
  yield shapeOf("circle", { class: "link-end", cx: x, cy: y, r: RADIUS });
  yield shapeOf("text", { class: "size", x, y: y + 3.5, "font-size": STYLES.note.size, "font-family": FONT }, String(number));
}
