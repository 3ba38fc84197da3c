// The page beside a text: the editor that holds it sends models and places, and is told which box was chosen.
/* global acquireVsCodeApi */

/** The editor. What comes from another origin than the page's own is none of its messages. */
export function attach() {
  const editor = acquireVsCodeApi();
  return {
    send: (kind, data = {}) => editor.postMessage({ kind, ...data }),
    listen(handlers) {
      window.addEventListener("message", ({ data, origin }) => {
        if (origin === self.origin && handlers[data?.kind]) handlers[data.kind](data.data);
      });
    },
  };
}

/**
 * The item that was written at a place of a text: the last that begins on its line before it, or the first on the line, or
 * the smallest part around it. Where several were written there, as the steps of a block that is called often, the one in
 * `chosen` or in what is nearest around it, and otherwise the first.
 */
export function stepAt(model, { file, line, column }, chosen) {
  const written = model.items.filter((item) => item.file === file && item.kind !== "repeat");
  const place = beginning(written, line, column) ?? enclosing(written, line, column);
  const found = written.filter((item) => item.place.join() === place?.join());
  for (let around = chosen; around; around = around.id > 0 ? model.items[around.parent] : null) {
    const inside = found.find((item) => isWithin(model, item, around));
    if (inside) return inside;
  }
  return found[0];
}

function beginning(written, line, column) {
  const places = written.map(({ place }) => place).filter(([first]) => first === line).sort((one, other) => one[1] - other[1] || other[3] - one[3]);
  return places.findLast(([, start]) => start <= column) ?? places[0];
}

function enclosing(written, line, column) {
  const holds = ([l1, c1, l2, c2]) => (l1 < line || (l1 === line && c1 <= column)) && (line < l2 || (line === l2 && column <= c2));
  return written.map(({ place }) => place).filter(holds).sort(([l1, , l2], [m1, , m2]) => l2 - l1 - (m2 - m1))[0];
}

function isWithin(model, item, around) {
  for (let id = item.id; id > 0; id = model.items[id].parent) if (id === around.id) return true;
  return around.id === 0;
}
