// The file as it is edited: the server tells of each new state of the spec, a model or what is wrong with it.

import { elementOf } from "./elements.js";

const ESCAPE = /^\u001b\[([\d;]*)m/;
const COLOURS = { 31: "error", 33: "warning", 34: "frame", 36: "advice" };

/** Listens to the server. `onModel(data)` gets a model, `onProblems(text)` what a terminal would show, with its colours. */
export function listen(address, { onModel, onProblems, onConnection }) {
  const events = new EventSource(address);
  events.addEventListener("model", (event) => onModel(JSON.parse(event.data)));
  events.addEventListener("problems", (event) => onProblems(JSON.parse(event.data)));
  events.addEventListener("open", () => onConnection(true));
  events.addEventListener("error", () => onConnection(false));
}

/** Text with a terminal's colours as spans. Nothing in it is markup; what a spec wrote has no escapes left in it. */
export function paint(text) {
  return text.split(/(?=\u001b\[)/).map((piece) => {
    const codes = piece.match(ESCAPE)?.[1].split(";") ?? [];
    const className = codes.map((code) => COLOURS[code] ?? (code === "1" ? "strong" : "")).filter(Boolean).join(" ");
    return elementOf("span", { className }, piece.replace(ESCAPE, ""));
  });
}
