// Elements of the page and of the picture. Texts become text nodes: nothing that a spec says is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element of HTML with properties (`onclick` included) and children, which may be strings. */
export function elementOf(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** An element of SVG with attributes, and a text. */
export function shapeOf(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  if (text) element.textContent = text;
  return element;
}

/** Gives an element the colours of a look, which are custom properties: an op family, `heat-3`, `folded`. */
export function tint(element, look) {
  const name = look.replaceAll(" ", "-");
  element.style.setProperty("--fill", `var(--${name}, var(--plain))`);
  for (const part of ["line", "text", "dashes", "width"]) element.style.setProperty(`--${part}`, `var(--${name}-${part}, var(--plain-${part}))`);
  return element;
}
