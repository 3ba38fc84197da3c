// Columns: what is laid out as one long chain is cut where one edge alone goes on, and the pieces set side by side.
// Distances are taken along the flow and across it, whichever way it runs.

const COLUMNS = [2, 3, 4, 5, 6, 7, 8, 11, 16, 23, 32]; // how many are tried
const LONG = 4; // times the window: a chain that is longer is cut within its frames too
const BETTER = 1.12; // how much larger a further column must make the picture
const LEAST = 0.5; // where even columns leave letters smaller, one chain is easier to follow,
const WORTH = 1.5; // unless columns make it so much larger
const PART = 0.6; // of the length: what is longer may be cut
const GAP = 34; // between columns
const STUB = 26; // from a cut to the number that says where it goes on
export const RADIUS = 8;

/**
 * The layout in columns: those that begin with the items `breaks`, or, without, as few as make it as large as can be in
 * `room`. The result has `breaks`, of each frame the parts that lie in
 * different columns, and `links`: the numbers where a column ends, and where the next goes on.
 */
export function inColumns(layout, plan, direction, room, breaks) {
  const axes = axesOf(direction);
  const cuts = cutsOf(layout, plan, axes, room);
  const pieces = piecesOf(layout, axes, cuts);
  const begins = breaks ? pieces.flatMap(({ item }, index) => (index > 0 && breaks.includes(item) ? [index] : [])) : best(pieces, axes, room);
  const frames = new Map([...layout.frames].map(([id, frame]) => [id, [frame]]));
  return begins.length === 0 ? { ...layout, frames, links: [], breaks: [] } : arranged(layout, axes, pieces, begins);
}

/** How to read a rectangle or point: where it begins and ends along the flow, and across it; and how to move it. */
function axesOf(direction) {
  const upright = direction === "TB" || direction === "BT";
  const sign = direction === "TB" || direction === "LR" ? 1 : -1;
  const [x, y, width, height] = upright ? ["x", "y", "width", "height"] : ["y", "x", "height", "width"];
  const along = (at) => {
    const ends = [at[y] * sign, (at[y] + (at[height] ?? 0)) * sign];
    return [Math.min(...ends), Math.max(...ends)];
  };
  return {
    upright, sign, along,
    between: (at, from, to) => ({ ...at, [y]: sign > 0 ? from : -to, [height]: to - from }),
    across: (at) => [at[x], at[x] + (at[width] ?? 0)],
    moved: (at, by, sideways) => ({ ...at, [x]: at[x] + sideways, [y]: at[y] + by * sign }),
  };
}

/**
 * Where a column may end: between the parts of the model, where one edge alone goes from one side to the other. A frame
 * that has most of the model in it is no part, but what it holds.
 */
function cutsOf(layout, plan, { along, upright }, room) {
  const [length, across] = upright ? [layout.height, layout.width] : [layout.width, layout.height];
  const [long, wide] = upright ? [room.height, room.width] : [room.width, room.height];
  // Of a very long chain: half the length of the columns that would fill the window.
  const whole = length > LONG * long ? Math.sqrt((length * across * long) / wide) / 2 : length * PART;
  const extents = new Map();
  const trunk = new Set([0]);
  for (const item of plan.visible) {
    const [from, to] = along(layout.boxes.get(item.id) ?? layout.frames.get(item.id));
    if (!trunk.has(plan.homes.get(item.id).at(-1))) continue;
    if (plan.unfolded.has(item.id) && to - from > whole) trunk.add(item.id);
    else extents.set(item.id, [from, to]);
  }
  const homes = new Map(plan.forks.map(({ key, home }) => [key, home]));
  const top = (end) => {
    const inner = homes.get(end) ?? end;
    return [...plan.homes.get(inner), inner].find((id) => extents.has(id));
  };
  const order = [...extents].sort(([, one], [, other]) => one[0] - other[0]);
  const cuts = [];
  let end = -Infinity;
  for (const [item, [from, to]] of order) {
    const at = Math.max(from - 9, (end + from) / 2);
    if (end < from - 6) {
      const crossing = layout.edges.filter((edge) => {
        const [before, after] = [extents.get(top(edge.tail)), extents.get(top(edge.head))];
        return !before || !after || (before[1] < at) !== (after[1] < at);
      });
      if (crossing.length === 1) cuts.push({ at, item, edge: crossing[0] });
    }
    end = Math.max(end, to);
  }
  return cuts;
}

function piecesOf(layout, axes, cuts) {
  const { along, across } = axes;
  const pieces = [{ from: -Infinity }, ...cuts.map(({ at, item, edge }) => ({ from: at, item, edge }))].map((piece, index) => ({
    ...piece, to: cuts[index]?.at ?? Infinity, low: Infinity, high: -Infinity, left: Infinity, right: -Infinity,
  }));
  const labels = layout.edges.filter((edge) => edge.label).map(({ label, shape }) => ({ ...label, x: label.x - 3 * shape.length - 8, width: 6 * shape.length + 16 }));
  const curves = layout.edges.filter((edge) => !cuts.some((cut) => cut.edge === edge)).flatMap((edge) => edge.points);
  const frames = [...layout.frames.values()].flatMap((frame) => parted(frame, axes, pieces));
  for (const each of [...layout.boxes.values(), ...frames, ...labels, ...curves]) {
    const [from, to] = along(each);
    const [left, right] = across(each);
    const piece = pieces.find((one) => (from + to) / 2 < one.to);
    Object.assign(piece, {
      low: Math.min(piece.low, from), high: Math.max(piece.high, to), left: Math.min(piece.left, left), right: Math.max(piece.right, right),
    });
  }
  return pieces;
}

/** The parts of a frame that lie in different pieces. */
function parted(frame, { along, between }, pieces) {
  const [from, to] = along(frame);
  const inside = pieces.filter((piece) => piece.from < to && from < piece.to);
  return inside.map((piece) => between(frame, Math.max(from, piece.from), Math.min(to, piece.to)));
}

/** The pieces that begin a column each, but the first. */
function best(pieces, { upright }, room) {
  const space = upright ? [room.width, room.height] : [room.height, room.width];
  const scale = (begins) => {
    const columns = grouped(pieces, begins);
    const wide = columns.reduce((sum, { left, right }) => sum + right - left + GAP, -GAP);
    const long = Math.max(...columns.map(({ low, high }) => high - low)) + (begins.length > 0 ? 2 * (STUB + RADIUS) : 0);
    return Math.min(space[0] / wide, space[1] / long, 1);
  };
  const chain = scale([]);
  let [found, largest] = [[], chain];
  for (const number of COLUMNS) {
    if (number > pieces.length || largest >= 1) break;
    const begins = evenly(pieces, number);
    if (scale(begins) > BETTER * largest) [found, largest] = [begins, scale(begins)];
  }
  return largest < LEAST && largest < WORTH * chain ? [] : found;
}

/** The pieces at which `number` columns begin of which the longest is as short as can be. */
function evenly(pieces, number) {
  const length = (start, end) => pieces[end - 1].high - pieces[start].low;
  const count = pieces.length;
  const rows = [Array.from({ length: count + 1 }, (_, end) => ({ longest: end ? Infinity : 0, begins: [] }))];
  for (let column = 1; column <= number; column += 1) {
    const before = rows.at(-1);
    rows.push(before.map((_, end) => {
      let least = { longest: Infinity, begins: [] };
      for (let start = column - 1; start < end; start += 1) {
        const longest = Math.max(before[start].longest, length(start, end));
        if (longest < least.longest) least = { longest, begins: [...before[start].begins, start] };
      }
      return least;
    }));
  }
  return rows[number][count].begins.filter((start) => start > 0);
}

function grouped(pieces, begins) {
  return [0, ...begins].map((start, index) => {
    const inside = pieces.slice(start, begins[index] ?? pieces.length);
    const all = (side, pick) => pick(...inside.map((piece) => piece[side]));
    return {
      from: inside[0].from, to: inside.at(-1).to, edge: inside[0].edge, low: all("low", Math.min), high: all("high", Math.max),
      left: all("left", Math.min), right: all("right", Math.max),
    };
  });
}

function arranged(layout, axes, pieces, begins) {
  const columns = grouped(pieces, begins);
  let side = 0;
  const head = STUB + RADIUS; // room over all columns, so that they begin in one line
  const long = Math.max(...columns.map(({ low, high }) => high - low)) + 2 * head;
  const moves = columns.map(({ low, left, right }) => {
    const move = { by: head - low, sideways: side - left };
    side += right - left + GAP;
    return move;
  });
  const start = axes.sign > 0 ? 0 : -long; // coordinates begin at nought, wherever the flow does
  const put = (at, index) => axes.moved(at, moves[index].by + start, moves[index].sideways);
  const columnOf = (at) => { const [from, to] = axes.along(at); return columns.findIndex((column) => (from + to) / 2 < column.to); };
  const place = (at) => put(at, columnOf(at));
  const placed = (all) => new Map([...all].map(([id, at]) => [id, place(at)]));
  const links = [];
  const edges = layout.edges.flatMap((edge) => {
    const index = columns.findIndex((column) => column.edge === edge);
    if (index < 1) {
      const column = columnOf(edge.points[0]);
      return [{ ...edge, points: edge.points.map((at) => put(at, column)), tip: edge.tip && put(edge.tip, column), label: edge.label && put(edge.label, column) }];
    }
    const [before, after] = split(edge.points, columns[index].from, axes);
    const end = (at, column, by) => axes.moved(put(at, column), by, 0);
    const last = put(before.at(-1), index - 1);
    const first = put(after[0], index);
    const [leaves, enters] = [end(before.at(-1), index - 1, STUB - RADIUS), end(after[0], index, RADIUS - STUB)];
    links.push({ ...end(before.at(-1), index - 1, STUB), number: index }, { ...end(after[0], index, -STUB), number: index });
    return [
      { ...edge, points: [...before.map((at) => put(at, index - 1)), last, leaves, leaves], tip: undefined, arrow: false, label: edge.label && place(edge.label) },
      { ...edge, points: [enters, enters, first, ...after.map((at) => put(at, index))], tip: edge.tip && put(edge.tip, index), label: undefined, shape: "" },
    ];
  });
  const size = axes.upright ? { width: side - GAP, height: long } : { width: long, height: side - GAP };
  return {
    ...size, edges, links, boxes: placed(layout.boxes), frames: new Map([...layout.frames].map(([id, frame]) => [id, parted(frame, axes, columns).map(place)])), forks: layout.forks.map(place),
    breaks: begins.map((index) => pieces[index].item),
  };
}

/** A curve of cubic pieces as two, cut at a place along the flow. */
function split(points, at, { along }) {
  let index = 0;
  while (index + 6 < points.length && along(points[index + 3])[0] < at) index += 3;
  const piece = points.slice(index, index + 4);
  const mid = (one, other, part) => ({ x: one.x + (other.x - one.x) * part, y: one.y + (other.y - one.y) * part });
  const halves = (part) => {
    const rows = [piece];
    while (rows.at(-1).length > 1) rows.push(rows.at(-1).slice(1).map((point, place) => mid(rows.at(-1)[place], point, part)));
    return [rows.map((row) => row[0]), rows.map((row) => row.at(-1)).reverse()];
  };
  let [low, high] = [0, 1];
  for (let step = 0; step < 20; step += 1) {
    const part = (low + high) / 2;
    if (along(halves(part)[0][3])[0] < at) low = part;
    else high = part;
  }
  const [before, after] = halves(low);
  return [[...points.slice(0, index), ...before], [...after, ...points.slice(index + 4)]];
}
