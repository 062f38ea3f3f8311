// JSON as people like to read it: what fits on a line stays on it.
const width = 110;

export function formatted(value, indent = "") {
  const compact = spaced(value);
  if (indent.length + compact.length <= width || value === null || typeof value !== "object") return compact;
  const inner = indent + "  ";
  if (Array.isArray(value))
    return `[\n${value.map((element) => inner + formatted(element, inner)).join(",\n")}\n${indent}]`;
  const lines = Object.entries(value).map(
    ([key, element]) => `${inner}${JSON.stringify(key)}: ${formatted(element, inner)}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function spaced(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  const entries = Object.entries(value).map(([key, element]) => `${JSON.stringify(key)}: ${spaced(element)}`);
  return `{${entries.join(", ")}}`;
}
