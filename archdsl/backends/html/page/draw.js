// The picture: SVG elements for a layout. Every text goes in as text, so that none can become markup.
import { shapeOf } from "./elements.js";
import { isContainer } from "./model.js";
import { FONT, STYLES, TITLE, titleOf } from "./layout.js";
import { exact, human, percent, share } from "./words.js";

/** Fills `scene` with the picture, and returns the element of each box and frame by the number of its item. */
export function draw(scene, model, plan, layout, heat) {
  const frames = shapeOf("g", { "aria-hidden": "true" });
  const edges = shapeOf("g", { "aria-hidden": "true", class: "edges" });
  const items = shapeOf("g", { role: "none" });
  const elements = new Map();
  const most = hottest(model, plan, heat);
  for (const item of plan.visible) {
    const opened = plan.unfolded.has(item.id);
    if (opened) frames.append(frameOf(item, layout.frames.get(item.id)));
    const element = opened ? headOf(item, layout.frames.get(item.id)) : boxOf(item, layout.boxes.get(item.id));
    describe(element, item, model, plan, opened);
    if (heat && !opened) warm(element, item, most, heat);
    elements.set(item.id, element);
    items.append(element);
  }
  for (const edge of layout.edges) edges.append(...edgeOf(edge));
  for (const { x, y } of layout.forks) edges.append(shapeOf("circle", { class: "fork", cx: x, cy: y, r: 1.8 }));
  scene.replaceChildren(frames, edges, items);
  return elements;
}

/** The largest figure of a box that is shown: the hot end of the scale. */
export function hottest(model, plan, heat) {
  const figures = plan.visible.filter((item) => heat && !plan.unfolded.has(item.id)).map((item) => item[heat]);
  return Math.max(1, ...figures.filter((figure) => typeof figure === "number"));
}

function frameOf(item, { x, y, width, height }) {
  return shapeOf("rect", { class: `frame ${item.kind}`, x, y, width, height, rx: 6 });
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

function boxOf(item, { x, y, width, height, lines }) {
  const box = shapeOf("g", { class: `box ${item.kind}` });
  if (item.family) box.style.setProperty("--fill", `var(--${item.family.replaceAll(" ", "-")})`);
  if (item.family) box.style.setProperty("--line", `var(--${item.family.replaceAll(" ", "-")}-line)`);
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

/** Colours a box by its figure; the square root lets small parts be told from nothing. */
function warm(element, item, most, heat) {
  const part = typeof item[heat] === "number" ? Math.sqrt(item[heat] / most) : 0;
  element.classList.add("warm");
  element.style.setProperty("--heat", `${Math.round(part * 100)}%`);
}

function* edgeOf({ tail, head, path, label, shape, skip }) {
  const arrow = typeof head === "number" ? { "marker-end": "url(#arrow)" } : {};
  yield shapeOf("path", { class: skip ? "edge skip" : "edge", d: path, "data-tail": tail, "data-head": head, ...arrow });
  if (label) yield shapeOf("text", { class: "size", x: label.x, y: label.y + 3.5, "font-size": STYLES.note.size, "font-family": FONT }, shape);
}
