// Where one looks: pan and zoom by d3-zoom, and the ways to bring something into view.
/* global d3 */

const SCALES = [0.02, 5];
const READABLE = 0.55; // below, a text of 12 px is less than 6.6 px on the screen
const MARGIN = 16;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** The camera on `svg`, whose `scene` it moves. `inset()` is how much of each side panels cover. */
export function makeCamera(svg, scene, inset) {
  let size = { width: 1, height: 1 };
  const zoom = d3.zoom().scaleExtent(SCALES).clickDistance(4).on("zoom", ({ transform }) => {
    scene.setAttribute("transform", transform.toString());
  });
  const canvas = d3.select(svg).call(zoom).on("dblclick.zoom", null);

  const place = () => d3.zoomTransform(svg);
  const move = (transform, smooth = true) => {
    const target = smooth && !CALM.matches ? canvas.transition().duration(260) : canvas.interrupt();
    target.call(zoom.transform, transform);
  };
  const room = () => {
    const { top, right, bottom, left } = inset();
    const { clientWidth: width, clientHeight: height } = svg;
    const free = { left: left + MARGIN, top: top + MARGIN };
    return { ...free, width: Math.max(width - right - MARGIN - free.left, 60), height: Math.max(height - bottom - MARGIN - free.top, 60) };
  };
  const at = (x, y, k) => d3.zoomIdentity.translate(x, y).scale(k);

  return {
    setSize(width, height) { size = { width, height }; },
    room,
    by(factor) { (CALM.matches ? canvas : canvas.transition().duration(160)).call(zoom.scaleBy, factor); },
    pan(x, y) { canvas.call(zoom.translateBy, x / place().k, y / place().k); },

    /** All of it, or, where that would be too small to read, as much from its beginning as is readable. */
    start(smooth = false) {
      const { left, top, width, height } = room();
      const whole = Math.min(width / size.width, height / size.height, 1.25);
      const k = Math.max(whole, Math.min(READABLE, width / size.width));
      const y = size.height * k <= height ? top + (height - size.height * k) / 2 : top;
      move(at(left + Math.max((width - size.width * k) / 2, 0), y, k), smooth);
    },

    /** All of it, however small. */
    fit() {
      const { left, top, width, height } = room();
      const k = Math.min(width / size.width, height / size.height, 1.25);
      move(at(left + (width - size.width * k) / 2, top + (height - size.height * k) / 2, k));
    },

    /** Brings a rectangle of the picture to the middle, at a scale at which it can be read. */
    centre({ x, y, width, height }, smooth = true) {
      const free = room();
      const k = Math.min(Math.max(place().k, 0.9), free.width / width, 1.6);
      const tall = Math.min(height, free.height / k);
      move(at(free.left + free.width / 2 - (x + width / 2) * k, free.top + free.height / 2 - (y + tall / 2) * k, k), smooth);
    },

    /** Moves no further than it must for a rectangle to be seen. */
    reveal({ x, y, width, height }) {
      const free = room();
      const { k, x: dx, y: dy } = place();
      const shift = (low, extent, from, length) =>
        low < from ? from - low : low + extent > from + length ? Math.max(from + length - low - extent, from - low) : 0;
      const right = shift(x * k + dx, width * k, free.left, free.width);
      const down = shift(y * k + dy, height * k, free.top, free.height);
      if (right || down) move(at(dx + right, dy + down, k));
    },

    /** Keeps a point of the picture where it was on the screen, now that it lies elsewhere in the picture. */
    hold(before, after) {
      const { k, x, y } = place();
      move(at(x + (before.x - after.x) * k, y + (before.y - after.y) * k, k), false);
    },
  };
}
