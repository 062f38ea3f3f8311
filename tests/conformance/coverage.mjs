// Which operations the programs use in which states, read off their text.

const states = {
  idle: "none of the others",
  "in a unit": "behind a write of the same turn",
  transaction: "within transaction()",
  transactionSync: "within transactionSync()",
  section: "within blockConcurrencyWhile()",
  "after rollback": "behind a transaction that was undone, or within one that rolled back",
  "after sync": "behind sync()",
  constructor: "in the constructor, or a section of it",
  concurrent: "while another event of the object runs or waits",
};

const writes = new Set(["kv.put", "kv.delete", "storage.put", "storage.delete", "storage.delete_all",
                        "storage.set_alarm", "txn.put", "txn.delete"]);
const is_write = (name, operands) => writes.has(name) ||
  (name === "sql" && !/^SELECT|^PRAGMA/.test(operands[0])) || (name === "sql.open" && !/^SELECT/.test(operands[1]));
const waits = new Set(["sleep", "fetch", "call", "storage.sync", "block", "storage.transaction"]);
// What no state makes a difference to.
const is_bookkeeping = (name) =>
  /^(set|record|return|add|concat|length|equal|try|rethrow|repeat|join)$|^(id|memory)\./.test(name);
const other_names = { call_on: "call", block_nested: "block", "storage.set_alarm_at": "storage.set_alarm" };
// Each of these takes lists of operations: as its only operand, or at the places given.
const bodies = {
  try: ([operations, , handler]) => [operations, handler ?? []],
  repeat: ([, operations]) => [operations],
  all: ([branches]) => branches,
  start: ([, operations]) => [operations],
  wait_until: ([operations]) => [operations],
  block: ([operations]) => [operations],
  block_nested: ([, operations]) => [[["block", operations]]],
  "storage.transaction": ([operations]) => [operations],
  "storage.transaction_sync": ([operations]) => [operations],
};
const closures = {
  block: "section",
  "storage.transaction": "transaction",
  "storage.transaction_sync": "transactionSync",
};

const rolls_back = (operations) => operations.some(([name]) => name === "txn.rollback" || name === "throw");

function walk(operations, inherited, note) {
  const here = { ...inherited };
  for (const operation of operations) {
    let [name, ...operands] = operation;
    if (name === "let" || name === "see") [name, ...operands] = operands[1];
    const bodies_of_it = bodies[name]?.(operands) ?? [];
    name = other_names[name] ?? name;
    const marks = Object.keys(here).filter((mark) => here[mark]);
    if (!is_bookkeeping(name)) note(name, marks.some((mark) => mark !== "concurrent") ? marks : ["idle", ...marks]);
    const inside = name in closures ? { ...here, [closures[name]]: true } : here;
    for (const body of bodies_of_it) walk(body, inside, note);
    if (waits.has(name)) here["in a unit"] = false;
    if (is_write(name, operands)) here["in a unit"] = true;
    if (name === "storage.sync") here["after sync"] = true;
    if (name === "txn.rollback" || (name.startsWith("storage.transaction") && rolls_back(operands[0])))
      here["after rollback"] = true;
  }
}

function is_concurrent(program, handler) {
  return program.schedule.some((event) => event.handler === handler &&
    ((event.times ?? 1) > 1 || program.schedule.some((other) => other !== event && other.object === event.object &&
                                                                (other.at ?? 0) === (event.at ?? 0))));
}

export function coverage_table(programs) {
  const cells = new Map();
  for (const program of programs) {
    const seen = new Set();
    const note = (name, marks) => marks.forEach((mark) => seen.add(`${name}\n${mark}`));
    for (const handlers of Object.values(program.classes))
      for (const [name, operations] of Object.entries(handlers))
        walk(operations, { constructor: name === "constructor", concurrent: is_concurrent(program, name) }, note);
    for (const cell of seen) cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const names = [...new Set([...cells.keys()].map((cell) => cell.split("\n")[0]))].sort();
  const sections = new Map();
  for (const { section } of programs) sections.set(section, (sections.get(section) ?? 0) + 1);
  const row = (columns) => `| ${columns.join(" | ")} |\n`;
  const marks = Object.keys(states);
  return [
    "# Coverage\n\nWritten by `node run.mjs coverage`. Number of programs that use an operation in a state:\n\n",
    ...Object.entries(states).map(([state, meaning]) => `- ${state}: ${meaning}\n`),
    "\n",
    row(["operation", ...marks]),
    row(["---", ...marks.map(() => "--:")]),
    ...names.map((name) => row([`\`${name}\``, ...marks.map((mark) => cells.get(`${name}\n${mark}`) ?? "–")])),
    "\nThe calls of `txn` exist in a transaction only, outside it they fail.\n",
    "\nPrograms of each section of the fact sheet:\n\n",
    row(["section", "programs"]),
    row(["---", "--:"]),
    ...[...sections].sort().map((entry) => row(entry)),
    row(["all", programs.length]),
  ].join("");
}
