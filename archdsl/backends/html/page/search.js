// Search: items whose path, call or documentation has every word that was typed.

/** The items that match, in the order of the flow; all words must be found, upper or lower case. */
export function matches(model, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return model.items.filter((item) => item.id > 0 && words.every((word) => about(item).includes(word)));
}

function about(item) {
  return `${item.path} ${item.call} ${item.block ?? ""}`.toLowerCase();
}
