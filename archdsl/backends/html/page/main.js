// The page: its state, and what changes it. Everything that is seen follows from `state` and the model.
/* global Viz */
import { makeCamera } from "./camera.js";
import { fillCard } from "./card.js";
import { draw } from "./draw.js";
import { attach, stepAt } from "./host.js";
import { elementOf, shapeOf, tint } from "./elements.js";
import { layOut } from "./layout.js";
import { listen, paint } from "./live.js";
import { around, isContainer, makeModel, openedTo } from "./model.js";
import { makePlan } from "./plan.js";
import { matches } from "./search.js";
import { exact, human, plural, share } from "./words.js";

const MOST = 6000; // boxes that are laid out at once: beyond, a browser is busy for half a minute
const OVERVIEW = "overview";
const ALL = "all";

const part = (id) => document.getElementById(id);
const svg = part("diagram");
const scene = part("scene");
const card = part("card");
const query = part("query");
const narrow = matchMedia("(max-width: 700px)");

const graphviz = await Viz.instance();
const settings = JSON.parse(part("data").textContent);
const host = settings.hosted ? attach() : null;
const camera = makeCamera(svg, scene, covered);
const state = { opened: new Set(), spread: new Set(), chosen: null, heat: settings.heat, direction: settings.direction, breaks: undefined, found: [] };
let model = null;
let plan = null;
let layout = null;
let elements = new Map();

// --- what is shown ---------------------------------------------------------------------------------------------------

/**
 * Lays out and draws what `opened` and `spread` say (see `makePlan`), unless that is too much; `item` stays where it is
 * on the screen. Columns begin where they did, or with `anew` where that fills the window best. Returns whether it was
 * done.
 */
function show({ opened = state.opened, spread = state.spread, anew = false }, item) {
  const next = makePlan(model, opened, spread);
  const boxes = next.visible.length - next.unfolded.size;
  if (boxes > MOST) {
    say(`${exact(boxes)} boxes are too many for a browser: unfold a part`);
    return false;
  }
  const before = item && cornerOf(item);
  const focused = document.activeElement?.closest?.("[role=treeitem]")?.dataset.path;
  Object.assign(state, { opened, spread });
  plan = next;
  layout = layOut(graphviz, model, plan, state, camera.room(), anew ? undefined : state.breaks);
  state.breaks = layout.breaks;
  elements = draw(scene, model, plan, layout, lookOf);
  camera.setSize(layout.width, layout.height);
  const after = item && cornerOf(item);
  if (before && after) camera.hold(before, after);
  mark();
  legend();
  settle();
  if (focused !== undefined) shownAs(state.chosen)?.focus({ preventScroll: true });
  return true;
}

/** What the colours of a box say: its family or its share of the model, in steps that are those of all diagrams. */
function lookOf(item) {
  if (item.kind === "input" || item.kind === "output") return "terminal";
  if (!state.heat) return item.family || "folded";
  const part = share(item[state.heat], model.total[state.heat]) ?? 0;
  return `heat-${settings.steps.filter((step) => 100 * part >= step).length}`;
}

function cornerOf(item) {
  return layout?.boxes.get(item.id) ?? layout?.frames.get(item.id)?.[0];
}

/** The element of the box or frame that stands for an item. */
function shownAs(item) {
  return item && elements.get(plan.shown.get(item.id));
}

function rectangleOf(item) {
  return cornerOf(model.items[plan.shown.get(item.id)]);
}

/** Marks what is chosen and what was found, and makes one item the way into the diagram by keyboard. */
function mark() {
  const found = new Set(state.found.map((item) => plan.shown.get(item.id)));
  for (const [id, element] of elements) {
    element.classList.toggle("found", found.has(id));
    element.classList.remove("chosen");
    element.setAttribute("aria-selected", "false");
    element.setAttribute("tabindex", "-1");
  }
  const chosen = shownAs(state.chosen);
  chosen?.classList.add("chosen");
  chosen?.setAttribute("aria-selected", "true");
  (chosen ?? elements.get(plan.visible[0].id)).setAttribute("tabindex", "0");
}

/** Paints the edges of an item; `null` paints none. */
function light(item) {
  for (const edge of scene.querySelectorAll(".edge")) {
    const near = item && [edge.dataset.tail, edge.dataset.head].includes(String(item.id));
    edge.classList.toggle("near", Boolean(near));
  }
}

function tell(item) {
  card.hidden = item === null;
  if (!item) return;
  fillCard(card, model, item, state, { go, toggle, spread });
  card.classList.remove("left");
  const [told, beside] = [shownAs(item)?.getBoundingClientRect(), card.getBoundingClientRect()];
  const hidden = told && told.right > beside.left && told.top < beside.bottom && told.bottom > beside.top;
  if (hidden && told.left > beside.width + 24) card.classList.add("left"); // off what it tells about
}

function say(words) {
  const status = part("status");
  status.textContent = words;
  status.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => status.classList.remove("shown"), 2200);
}

function legend() {
  const entry = (words, look) => elementOf("li", {}, tint(elementOf("span", { className: "swatch" }), look), words);
  const entries = [];
  if (state.heat) {
    const words = { params: "parameters", macs: "MACs" }[state.heat];
    const [first, ...others] = settings.scale;
    entries.push(...[`${first} of ${words}`, ...others].map((text, step) => entry(text, `heat-${step}`)));
  } else {
    const shown = new Set(plan.visible.map((item) => item.family));
    entries.push(...model.families.filter((family) => shown.has(family)).map((family) => entry(family, family)));
    if (plan.visible.some((item) => lookOf(item) === "folded" && !plan.unfolded.has(item.id))) entries.push(entry("folded block", "folded"));
  }
  if (plan.edges.some((edge) => edge.skip)) entries.push(elementOf("li", {}, elementOf("span", { className: "swatch dash" }), "skip"));
  part("legend").replaceChildren(...entries);
}

/** How much of each side is covered, for the camera to keep clear of it. */
function covered() {
  const tall = narrow.matches && !card.hidden ? card.offsetHeight : 40;
  const side = narrow.matches || card.hidden ? 0 : card.offsetWidth + 12;
  const left = card.classList.contains("left");
  return { top: 0, left: left ? side : 0, right: left ? 0 : side, bottom: tall };
}

// --- what changes it -------------------------------------------------------------------------------------------------

function toggle(item) {
  if (!isContainer(item)) return;
  const opened = new Set(state.opened);
  if (!opened.delete(item.id)) opened.add(item.id);
  if (!show({ opened }, item)) return;
  choose(item);
  say(`${item.path} ${opened.has(item.id) ? "unfolded" : "folded"}; ${shown()}`);
}

/** Shows each block of a run, or one for all of them. */
function spread(item) {
  const runs = new Set(state.spread);
  if (!runs.delete(item.id)) runs.add(item.id);
  if (!show({ opened: new Set([...state.opened, item.id]), spread: runs }, item)) return;
  choose(item);
  say(shown());
}

function shown() {
  return plural(layout.boxes.size, "box", "boxes");
}

/** Makes an item the one that the card and the address tell about; its block is opened where it is folded in. */
function choose(item, { focus = false, quietly = false } = {}) {
  const told = item === state.chosen || quietly;
  state.chosen = item;
  mark();
  light(item);
  tell(item);
  if (focus) shownAs(item)?.focus({ preventScroll: true });
  if (host) {
    if (item?.file && !told) host.send("place", { file: item.file, place: item.place });
    return;
  }
  if (location.protocol === "about:") return; // a frame of a notebook, whose address is not the page's
  const address = item ? `#${encodeURIComponent(item.path)}` : " ";
  history.replaceState(null, "", item ? address : location.pathname + location.search);
}

/** Goes to an item wherever it is: opens what it is folded in, and brings it to the middle. */
function go(item, options) {
  const outer = around(model, item);
  const way = [item, ...outer];
  const closed = outer.filter(({ id }) => !state.opened.has(id));
  const merged = outer.filter((run, place) => run.times && run.children[0] !== way[place] && !state.spread.has(run.id));
  if (closed.length + merged.length > 0) {
    const including = (ids, more) => new Set([...ids, ...more.map(({ id }) => id)]);
    if (!show({ opened: including(state.opened, closed), spread: including(state.spread, merged) })) return;
  }
  choose(item, options);
  camera.centre(rectangleOf(item));
}

/** What is open at each choice of the list of depths. */
function detail(depth) {
  if (depth === OVERVIEW) return { opened: new Set(model.opened), spread: new Set(model.spread) };
  const runs = depth === ALL ? model.items.filter((item) => item.times).map((item) => item.id) : [];
  return { opened: openedTo(model, depth === ALL ? Infinity : Number(depth)), spread: new Set(runs) };
}

function look(depth) {
  if (!show({ ...detail(depth), anew: true })) return;
  camera.start(true);
  say(shown());
}

function colour(heat) {
  state.heat = heat;
  part("colour").value = heat;
  show({}, state.chosen ?? undefined);
}

function turn() {
  state.direction = { TB: "LR", LR: "TB", BT: "RL", RL: "BT" }[state.direction];
  show({ anew: true });
  camera.start(true);
}

function theme() {
  const root = document.documentElement;
  const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  say(`${root.dataset.theme} theme`);
}

/** The whole diagram as a file of its own, with the page's rules for how it looks. */
function save() {
  const copy = svg.cloneNode(true);
  const margin = 12;
  const [width, height] = [layout.width + 2 * margin, layout.height + 2 * margin];
  const background = { x: -margin, y: -margin, width, height, class: "ground" };
  copy.querySelector("#scene").removeAttribute("transform");
  copy.prepend(shapeOf("title", {}, model.name), shapeOf("style", {}, document.querySelector("style").textContent), shapeOf("rect", background));
  const looks = { viewBox: `${-margin} ${-margin} ${width} ${height}`, width, height, class: "saved" };
  for (const [name, value] of Object.entries(looks)) copy.setAttribute(name, value);
  if (document.documentElement.dataset.theme) copy.dataset.theme = document.documentElement.dataset.theme;
  const file = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  elementOf("a", { href: file, download: `${model.name}.svg` }).click();
  setTimeout(() => URL.revokeObjectURL(file), 10000);
  say(`${model.name}.svg saved`);
}

/** Shows in the list of depths which of them the diagram is opened to, if it is one. */
function settle() {
  const same = (one, other) => one.size === other.size && [...one].every((id) => other.has(id));
  const known = [...part("depth").options].find(({ value }) => {
    const { opened, spread: runs } = detail(value);
    return value && same(opened, state.opened) && same(runs, state.spread);
  });
  part("depth").value = known?.value ?? "";
}

// --- search ----------------------------------------------------------------------------------------------------------

function search() {
  state.found = matches(model, query.value);
  const none = state.found.length === 0;
  part("previous").disabled = part("next").disabled = none;
  part("found").textContent = query.value.trim() ? (none ? "nothing" : plural(state.found.length, "match", "matches")) : "";
  mark();
}

/** Goes to the match after the chosen item, or before it; round at the ends. */
function step(by) {
  if (state.found.length === 0) return;
  const at = state.found.indexOf(state.chosen);
  const count = state.found.length;
  const next = at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count;
  part("found").textContent = `${next + 1} of ${count}`;
  go(state.found[next]);
}

// --- pointer and keyboard --------------------------------------------------------------------------------------------

function itemAt(event) {
  const path = event.target.closest?.("[role=treeitem]");
  return path && model.items.find((item) => elements.get(item.id) === path);
}

svg.addEventListener("click", (event) => {
  const item = itemAt(event);
  if (!item) choose(null);
  else if (isContainer(item)) toggle(item);
  else choose(item, { focus: true });
});

let pointer = "";
svg.addEventListener("pointerover", (event) => {
  const before = pointer;
  pointer = `${event.screenX} ${event.screenY}`;
  // Boxes that move under a pointer at rest were not pointed at.
  const item = event.pointerType === "touch" || pointer === before ? undefined : itemAt(event);
  if (item) { tell(item); light(item); }
});
svg.addEventListener("pointermove", (event) => { pointer = `${event.screenX} ${event.screenY}`; });
svg.addEventListener("pointerleave", () => { tell(state.chosen); light(state.chosen); });
svg.addEventListener("focusin", (event) => {
  const item = itemAt(event);
  if (!item) return;
  if (item !== state.chosen) choose(item);
  camera.reveal(rectangleOf(item));
});

const MOVES = {
  ArrowDown: (at, order) => order[at + 1],
  ArrowUp: (at, order) => order[at - 1],
  Home: (at, order) => order[0],
  End: (at, order) => order[order.length - 1],
  ArrowRight: (at, order) => (plan.unfolded.has(order[at].id) ? order[at + 1] : void toggle(order[at])),
  ArrowLeft: (at, order) => (plan.unfolded.has(order[at].id) ? void toggle(order[at]) : outside(order[at])),
};
const PANS = { ArrowDown: [0, -80], ArrowUp: [0, 80], ArrowRight: [-80, 0], ArrowLeft: [80, 0] };

/** The innermost frame around an item. */
function outside(item) {
  return model.items[plan.homes.get(item.id).at(-1)];
}

svg.addEventListener("keydown", (event) => {
  const item = itemAt(event);
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.shiftKey && PANS[event.key]) camera.pan(...PANS[event.key]);
  else if (MOVES[event.key]) {
    const target = MOVES[event.key](plan.visible.indexOf(item), plan.visible);
    if (target?.id > 0) elements.get(target.id).focus({ preventScroll: true });
  } else if (event.key === "Enter" || event.key === " ") toggle(item);
  else return;
  event.preventDefault();
});

const KEYS = {
  "/": () => query.select(),
  "?": () => part("help").showModal(),
  "+": () => camera.by(1.3),
  "=": () => camera.by(1.3),
  "-": () => camera.by(1 / 1.3),
  "0": () => camera.fit(),
  "[": () => look("1"),
  "]": () => look(ALL),
  c: () => colour({ "": "params", params: "macs", macs: "" }[state.heat]),
  r: turn,
  s: save,
  t: theme,
  Escape: () => choose(null),
};

document.addEventListener("keydown", (event) => {
  const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.target.closest?.("dialog");
  if (writing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

query.addEventListener("input", search);
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  if (event.key !== "Escape") return;
  query.value = "";
  search();
  (shownAs(state.chosen) ?? elements.get(plan.visible[0].id)).focus({ preventScroll: true });
});
part("previous").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
part("depth").addEventListener("change", (event) => look(event.target.value));
part("colour").addEventListener("change", (event) => colour(event.target.value));
part("turn").addEventListener("click", turn);
part("theme").addEventListener("click", theme);
part("save").addEventListener("click", save);
part("ask").addEventListener("click", () => part("help").showModal());
part("closer").addEventListener("click", () => camera.by(1.3));
part("farther").addEventListener("click", () => camera.by(1 / 1.3));
part("fit").addEventListener("click", () => camera.fit());
window.addEventListener("hashchange", follow);

function follow() {
  const wanted = location.hash.slice(1);
  // Paths are compared as addresses have them: what somebody typed there need not be an encoded text at all.
  const item = model.items.find(({ path }) => [path, encodeURIComponent(path)].includes(wanted));
  if (item && item.id > 0 && item !== state.chosen) go(item);
}

// On paper the whole diagram is one picture, wherever one was looking.
let place = null;
window.addEventListener("beforeprint", () => {
  if (!model) return;
  place = scene.getAttribute("transform");
  scene.removeAttribute("transform");
  svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
});
window.addEventListener("afterprint", () => {
  svg.removeAttribute("viewBox");
  if (place) scene.setAttribute("transform", place);
});

// --- models ----------------------------------------------------------------------------------------------------------

/** Takes a model; what was opened, chosen and looked at of the one before stays, where the new one has it too. */
function take(data) {
  const old = model;
  model = makeModel(data);
  document.title = model.name;
  svg.setAttribute("aria-label", `${model.name}, a diagram`);
  part("name").textContent = model.name;
  part("name").title = model.doc;
  const { params, macs, depth } = model.total;
  part("figures").textContent = `${human(params)} parameters · ${human(macs)} MACs · depth ${depth}`;
  depths();
  state.chosen = (old && state.chosen && model.byPath.get(state.chosen.path)) ?? null;
  state.found = matches(model, query.value);
  state.breaks = old && state.breaks.map((id) => model.byPath.get(old.items[id].path)?.id);
  show(old ? carried(old) : { ...detail(OVERVIEW), anew: true });
  if (old) tell(state.chosen);
  else camera.start();
}

/** What is open in the model, where `old` was open as `state` says; what is new is as in the overview. */
function carried(old) {
  const kept = (ids, fresh) => model.items
    .filter(({ id, path }) => id > 0 && (old.byPath.has(path) ? ids.has(old.byPath.get(path).id) : fresh.has(id)))
    .map(({ id }) => id);
  const { opened, spread: runs } = detail(OVERVIEW);
  return { opened: new Set(kept(state.opened, opened)), spread: new Set(kept(state.spread, runs)) };
}

function depths() {
  const option = (value, words) => new Option(words, value);
  const levels = Array.from({ length: Math.min(model.deepest, 8) }, (_, level) => option(level + 1, level === 0 ? "folded" : `${plural(level + 1, "level")}`));
  part("depth").replaceChildren(option(OVERVIEW, "first view"), ...levels, option(ALL, "everything"), Object.assign(option("", "by hand"), { hidden: true }));
}

function complain({ title, text }) {
  part("problems").hidden = false;
  part("problems-title").textContent = title;
  part("problems-text").replaceChildren(...paint(text));
}

/** Chooses the step of the text at a place, and brings its box into view. */
function point(place) {
  const item = model && stepAt(model, place, state.chosen);
  if (!item || item === state.chosen) return;
  const shown = plan.shown.get(item.id) === item.id;
  if (!shown) return go(item, { quietly: true });
  choose(item, { quietly: true });
  camera.reveal(rectangleOf(item));
}

if (settings.model) {
  take(settings.model);
  follow();
}
part("colour").value = state.heat;
if (settings.theme !== "auto") document.documentElement.dataset.theme = settings.theme;
function follows(data) {
  const first = model === null;
  part("problems").hidden = true;
  take(data);
  if (first && !host) follow();
  else if (!host) say("the file changed");
}

if (host) {
  host.listen({ model: follows, problems: complain, place: point, theme: (name) => { document.documentElement.dataset.theme = name; } });
  host.send("ready");
}
if (settings.events) {
  listen(settings.events, {
    onModel: follows,
    onProblems: complain,
    onConnection(open) { if (!open) say("the server is gone; waiting for it"); },
  });
}
