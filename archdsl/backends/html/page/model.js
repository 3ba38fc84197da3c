// The graph as the page holds it: the tree of items, made from the data that Python wrote.
//
// An item is an input, an op, a block, a labelled group, a repeat, a unit of one, or an output; item 0 is the model itself.
// Items stand in the order of the flow, depth first, so a parent precedes what it holds.

/** The items of `data` with their numbers and children, and what else belongs to the model. */
export function makeModel(data) {
  const items = data.items.map((item, id) => ({ doc: "", inputs: [], ...item, id, children: [], ends: [] }));
  const byPath = new Map();
  for (const item of items) {
    if (item.id > 0) items[item.parent].children.push(item);
    item.depth = item.id > 0 ? items[item.parent].depth + levels(item, items[item.parent]) : 0;
    if (item.id > 0) item.borrows = items[item.parent].borrows || item.layer;
    if (item.layer && !items[item.parent].borrows) item.owner = item.layer; // said once, by the outermost
    for (const source of item.inputs) items[source].ends.push(item.id);
    // A group of one op may be called what the op is called; a link means the outer one.
    if (!byPath.has(item.path)) byPath.set(item.path, item);
  }
  return { ...data, items, byPath, deepest: Math.max(...items.map((item) => (isContainer(item) ? item.depth : 0))) };
}

/** A repeat of blocks takes their level, as they open with it; other than blocks is part of the body it stands in. */
function levels(item, parent) {
  return (item.kind === "repeat" && item.block) || (item.kind === "block" && parent.kind !== "repeat") ? 1 : 0;
}

/** Whether the item can be opened. */
export function isContainer(item) {
  return item.children.length > 0;
}

/** Whether the item stands for ops that are alike: what it shows when open is each of them. */
export function isRun(item) {
  return item.kind === "repeat" && !isContainer(item.children[0]);
}

/** The containers around an item, the innermost first, without the model itself. */
export function around(model, item) {
  const found = [];
  for (let id = item.parent; id > 0; id = model.items[id].parent) found.push(model.items[id]);
  return found;
}

/** What is open when looking `depth` blocks deep; 1 folds all that the model itself is written of. */
export function openedTo(model, depth) {
  const wanted = (item) => item.id > 0 && isContainer(item) && item.depth < depth && (depth === Infinity || !isRun(item));
  return new Set(model.items.filter(wanted).map((item) => item.id));
}

/** The tensors that an item takes from outside and gives to others, each as `{from, to}` numbers of leaves. */
export function neighbours(model, item) {
  const inside = new Set(leaves(item).map((leaf) => leaf.id));
  const before = new Set();
  const after = new Set();
  for (const id of inside) {
    for (const source of model.items[id].inputs) if (!inside.has(source)) before.add(source);
    for (const end of model.items[id].ends) if (!inside.has(end)) after.add(end);
  }
  return { before: [...before], after: [...after] };
}

/** The inputs, ops and outputs in an item, in the order of the flow. */
export function leaves(item) {
  return isContainer(item) ? item.children.flatMap(leaves) : [item];
}
