// What is shown: which boxes and frames, and which edges join them. Nothing here knows coordinates or elements.
import { isContainer, isRun } from "./model.js";

/**
 * The boxes, frames and edges for a set of `opened` items. A repeat that is open shows its first block, which
 * stands for all; one in `spread` shows each of them.
 *
 * `visible` has every box and frame as a reader meets them, `homes` the frames around each from the outside in, and
 * `shown` the box or frame that stands for an item. An edge has `tail` and `head` (numbers of items, or keys of forks),
 * the `tensor` it carries (the number of an item), and `shape` where that differs from what entered the tail, or the
 * tail gives others, too.
 */
export function makePlan(model, opened, spread) {
  const shown = new Map();
  const homes = new Map([[0, [0]]]);
  const visible = [];
  const copies = new Set(); // what another item stands for
  const place = (item, home) => {
    visible.push(item);
    homes.set(item.id, home);
    shown.set(item.id, item.id);
    const inner = [...home, item.id];
    if (!isContainer(item) || !opened.has(item.id)) item.children.forEach((child) => stand(child, () => item.id));
    else if (item.kind !== "repeat" || isRun(item) || spread.has(item.id)) item.children.forEach((child) => place(child, inner));
    else {
      const [first, ...others] = item.children;
      shown.set(first.id, item.id);
      first.children.forEach((child) => place(child, inner));
      for (const other of others) mirror(other, first);
    }
  };
  const stand = (item, box) => {
    shown.set(item.id, box(item));
    item.children.forEach((child) => stand(child, box));
  };
  const mirror = (item, like) => {
    copies.add(item.id);
    shown.set(item.id, shown.get(like.id));
    item.children.forEach((child, index) => mirror(child, like.children[index]));
  };
  for (const child of model.items[0].children) place(child, [0]);

  const unfolded = new Set(visible.filter((item) => isContainer(item) && opened.has(item.id)).map((item) => item.id));
  const { edges, forks } = joined(model, shown, homes, flowsBetween(model, shown, copies));
  markSkips(edges);
  if (model.rise) markCourses(model, edges, forks);
  return { visible, unfolded, homes, shown, edges, forks };
}

/**
 * What flows between boxes. A folded box takes a tensor once; an op as often as it is written. Of blocks that the first
 * stands for, nothing but what leaves the last of them is shown.
 */
function flowsBetween(model, shown, copies) {
  const flows = [];
  const seen = new Set();
  for (const item of model.items) {
    if (copies.has(item.id)) continue;
    const head = shown.get(item.id);
    for (const tensor of item.inputs) {
      const key = `${tensor}>${head}`;
      const folded = isContainer(model.items[head]);
      if (shown.get(tensor) === head || (folded && seen.has(key))) continue;
      seen.add(key);
      flows.push({ tensor, head });
    }
  }
  return flows;
}

/**
 * Edges in the order of the flow. A tensor that enters a frame to be used at several places in it is led to a dot
 * inside first and forks there; otherwise a skip would run along the frame of its block.
 */
function joined(model, shown, homes, flows) {
  const entering = new Map();
  const leaving = new Map();
  const together = new Map();
  for (const flow of flows) {
    const size = sizeOf(model.items[flow.tensor]);
    noted(entering, flow.head).add(size);
    noted(leaving, shown.get(flow.tensor)).add(size);
    flow.entry = entryOf(homes.get(shown.get(flow.tensor)), homes.get(flow.head));
    if (flow.entry === undefined) continue;
    const company = `${flow.tensor}>${flow.entry}`;
    if (!together.has(company)) together.set(company, []);
    together.get(company).push(flow);
  }
  const edges = [];
  const forks = [];
  const begun = new Map();
  for (const { tensor, head, entry } of flows) {
    const tail = shown.get(tensor);
    const source = model.items[tensor];
    const changed = source.kind !== "input" && (!entering.get(tail)?.has(sizeOf(source)) || leaving.get(tail).size > 1);
    const shape = changed && model.items[head].kind !== "output" ? sizeOf(source) : "";
    const company = together.get(`${tensor}>${entry}`) ?? [];
    if (company.length < 2) {
      edges.push({ tail, head, tensor, shape });
      continue;
    }
    const key = `${tensor}>${entry}`;
    if (!begun.has(key)) {
      const fork = { key: `f${begun.size}`, home: meeting(company.map((flow) => homes.get(flow.head))) };
      begun.set(key, fork);
      forks.push(fork);
      edges.push({ tail, head: fork.key, tensor, shape });
    }
    edges.push({ tail: begun.get(key).key, head, tensor, shape: "" });
  }
  return { edges, forks };
}

/** The set that `map` has for `key`, made when it is first asked for. */
function noted(map, key) {
  if (!map.has(key)) map.set(key, new Set());
  return map.get(key);
}

/** The outermost frame that a flow goes into, if it goes into one. */
function entryOf(source, target) {
  const shared = commonLength(source, target);
  return target[shared];
}

/** The innermost frame around all of the homes. */
function meeting(homes) {
  const shared = homes.reduce((one, other) => one.slice(0, commonLength(one, other)));
  return shared[shared.length - 1];
}

function commonLength(one, other) {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
  return length;
}

/** Marks as `skip` each edge beside which there is a longer way from its tail to its head. */
function markSkips(edges) {
  const into = new Map();
  for (const edge of edges) {
    if (!into.has(edge.head)) into.set(edge.head, []);
    into.get(edge.head).push(edge);
  }
  for (const edge of edges) {
    const company = into.get(edge.head);
    if (company.length < 2) continue;
    edge.skip = company.some((other) => other.tail !== edge.tail && leadsTo(edge.tail, other.tail, into));
  }
}

/**
 * The `course` of each edge on the way up of a model that goes down and up again: `up`, against the direction, or
 * `across`, from the way down.
 */
function markCourses(model, edges, forks) {
  const bottom = model.items[0].children.findLast((item) => item.id < model.rise).id;
  const places = new Map(forks.map(({ key, home }) => [key, home]));
  for (const edge of edges) {
    const [tail, head] = [places.get(edge.tail) ?? edge.tail, places.get(edge.head) ?? edge.head];
    if (head >= model.rise) edge.course = tail >= bottom ? "up" : "across";
  }
}

/** Whether `from` lies upstream of `to`. */
function leadsTo(from, to, into) {
  const seen = new Set([to]);
  const queue = [to];
  while (queue.length > 0) {
    for (const edge of into.get(queue.pop()) ?? []) {
      if (edge.tail === from) return true;
      // Numbers grow along the flow, so nothing upstream of a smaller number can be `from`.
      if (seen.has(edge.tail) || (typeof edge.tail === "number" && typeof from === "number" && edge.tail < from)) continue;
      seen.add(edge.tail);
      queue.push(edge.tail);
    }
  }
  return false;
}

/** A shape as papers' figures write it: `56×56×256`. */
export function sizeOf(item) {
  return item.shape.join("×");
}
