// Runs neutral programs (FORMAT.md) as durable objects of workerd.
//
// One worker holds it all, so that what happens can be recorded in plain memory, past every gate: the objects, the
// services outside them, and the driver, which plays a program's schedule and answers with its transcript.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

const runs = new Map();     // by the program's name
const places = new Map();   // by the object's id: whose program, what name, what class

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// ---- Values ---------------------------------------------------------------------------------------------------

const bytes_of_hex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer;
const hex_of_bytes = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const key = (number) => "k" + String(number).padStart(3, "0");

const special_values = {
  $undefined: () => undefined,
  $number: (text) => Number(text),
  $bigint: (text) => BigInt(text),
  $bytes: bytes_of_hex,
  $zeros: (count) => new ArrayBuffer(count),
  $text: ([text, count]) => text.repeat(count),
  $keys: (count) => Array.from({ length: count }, (_, number) => key(number)),
  $entries: ([count, value]) => Object.fromEntries(Array.from({ length: count }, (_, number) => [key(number), value])),
};

// What a value in a program means.
function read(value, variables) {
  if (typeof value === "string") {
    if (value.startsWith("$$")) return value.slice(1);
    return value.startsWith("$") ? variables.get(value.slice(1)) : value;
  }
  if (Array.isArray(value)) return value.map((element) => read(element, variables));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0] in special_values) {
    const [name, argument] = entries[0];
    return special_values[name](read(argument, variables));
  }
  return Object.fromEntries(entries.map(([name, element]) => [name, read(element, variables)]));
}

// The value as a transcript shows it.
function shown(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "string" && value.length > 200) return { $long: [value.slice(0, 8), value.length] };
  if (value instanceof ArrayBuffer) return shown(new Uint8Array(value));
  if (value instanceof Uint8Array)
    return value.length > 200 ? { $long_bytes: [hex_of_bytes(value.slice(0, 8)), value.length] }
                              : { $bytes: hex_of_bytes(value) };
  if (value instanceof Map) return { $map: Array.from(value, shown) };
  if (Array.isArray(value)) return value.map(shown);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, element]) => [name, shown(element)]));
  return value;
}

function shown_error(error) {
  if (!(error instanceof Error)) return ["none", String(error)];
  const flags = ["durableObjectReset", "overloaded", "remote", "retryable"].filter((flag) => error[flag]);
  const message = error.message.replace(/(internal error; reference = )\w+/, "$1*");
  return [error.name, message, ...flags];
}

// ---- Places ---------------------------------------------------------------------------------------------------

function id_of(run, object) {
  const object_class = run.program.objects?.[object] ?? Object.keys(run.program.classes)[0];
  const id = run.env.OBJECTS.idFromName(`${run.program.name}/${object_class}/${object}`);
  places.set(id.toString(), { run, object, object_class });
  return id;
}

const stub_of = (run, object) => run.env.OBJECTS.get(id_of(run, object));

// ---- Operations -----------------------------------------------------------------------------------------------

// A list of operations is run by a generator, which yields what it waits for. So it never waits where it need not,
// and the constructor and transactionSync(), which cannot wait, run the same operations.

class Returned {
  constructor(value) {
    this.value = value;
  }
}

function* list(operations, frame) {
  for (const operation of operations) {
    const result = yield* perform(operation, frame);
    if (result instanceof Returned) return result;
  }
}

function* perform([name, ...operands], frame) {
  if (name in forms) return yield* forms[name](frame, ...operands);
  if (!(name in calls)) throw new Error(`no such operation: ${name}`);
  return yield* awaited(calls[name](frame, ...operands.map((operand) => read(operand, frame.variables))), frame);
}

function* awaited(result, frame) {
  const waits = typeof result?.then === "function";
  if (waits && frame.is_constructor) return undefined;
  return waits ? yield result : result;
}

function* body(operations, frame) {
  return (yield* list(operations, frame))?.value;
}

// The value, or a promise of it if the operations had to wait.
function drive(generator) {
  const first = generator.next();
  return first.done ? first.value : finish(generator, first.value);
}

async function finish(generator, promise) {
  for (;;) {
    let resume;
    try {
      const value = await promise;
      resume = () => generator.next(value);
    } catch (error) {
      resume = () => generator.throw(error);
    }
    const next = resume();
    if (next.done) return next.value;
    promise = next.value;
  }
}

// What the closures of one handler share is its variables and the last transaction; each may have one of its own.
const frame_in = (frame, changes = {}) => ({ ...frame, is_constructor: false, ...changes });
const closure = (operations, frame) => async () => drive(body(operations, frame_in(frame)));

// These take operands that are operations, or names.
const forms = {
  *set(frame, variable, value) {
    frame.variables.set(variable, read(value, frame.variables));
  },
  *let(frame, variable, operation) {
    frame.variables.set(variable, yield* perform(operation, frame));
  },
  *see(frame, label, operation) {
    try {
      frame.record(label, shown(yield* perform(operation, frame)));
    } catch (error) {
      frame.record(label, { error: shown_error(error) });
    }
  },
  *return(frame, value) {
    return new Returned(read(value, frame.variables));
  },
  *try(frame, operations, label, handler = []) {
    try {
      return yield* list(operations, frame);
    } catch (error) {
      frame.record(label, { error: shown_error(error) });
      return yield* list(handler, { ...frame, caught: error });
    }
  },
  *rethrow(frame) {
    throw frame.caught;
  },
  *repeat(frame, count, operations) {
    for (let done = 0; done < count; ++done) {
      const result = yield* list(operations, frame);
      if (result) return result;
    }
  },
  *all(frame, branches) {
    return yield* awaited(Promise.all(branches.map((branch) => closure(branch, frame)())), frame);
  },
  *start(frame, name, operations) {
    const task = closure(operations, frame)();
    task.catch(() => {});  // whoever joins it sees the error
    frame.tasks.set(name, task);
  },
  *join(frame, name) {
    return yield* awaited(frame.tasks.get(name), frame);
  },
  *wait_until(frame, operations) {
    frame.object.ctx.waitUntil(closure(operations, frame)());
  },
  *block(frame, operations) {
    return yield* awaited(frame.object.ctx.blockConcurrencyWhile(closure(operations, frame)), frame);
  },
  *block_nested(frame, depth, operations) {
    const inner = depth > 1 ? [["block_nested", depth - 1, operations]] : operations;
    return yield* forms.block(frame, inner);
  },
  *"storage.transaction"(frame, operations) {
    const run = async (transaction) => {
      frame.last.transaction = transaction;
      return drive(body(operations, frame_in(frame, { transaction })));
    };
    return yield* awaited(frame.object.ctx.storage.transaction(run), frame);
  },
  *"storage.transaction_sync"(frame, operations) {
    const run = () => drive(body(operations, frame_in(frame)));
    return yield* awaited(frame.object.ctx.storage.transactionSync(run), frame);
  },
};

const storage_of = (frame) => frame.object.ctx.storage;
const transaction_of = (frame) => frame.transaction ?? frame.last.transaction;
const error_classes = { Error, TypeError, RangeError };

// The calls that storage and a transaction have in common.
function operations_on(prefix, target) {
  return {
    [`${prefix}.get`]: (frame, ...args) => target(frame).get(...args),
    [`${prefix}.put`]: (frame, ...args) => target(frame).put(...args),
    [`${prefix}.delete`]: (frame, ...args) => target(frame).delete(...args),
    [`${prefix}.list`]: (frame, ...args) => target(frame).list(...args),
    [`${prefix}.delete_all`]: (frame, ...args) => target(frame).deleteAll(...args),
    [`${prefix}.set_alarm`]: (frame, after, ...args) => target(frame).setAlarm(Date.now() + after, ...args),
    [`${prefix}.set_alarm_at`]: (frame, ...args) => target(frame).setAlarm(...args),
    [`${prefix}.has_alarm`]: async (frame) => (await target(frame).getAlarm()) !== null,
    [`${prefix}.delete_alarm`]: (frame) => target(frame).deleteAlarm(),
  };
}

// These take values. What they give is waited for if it is a promise.
const calls = {
  record: (frame, label, value) => frame.record(label, shown(value)),
  throw: (frame, name, message) => {
    throw new error_classes[name](message);
  },
  add: (frame, value, number) => (value ?? 0) + number,
  concat: (frame, ...texts) => texts.join(""),
  length: (frame, value) => value.length ?? value.byteLength ?? value.size,
  equal: (frame, one, other) => JSON.stringify(shown(one)) === JSON.stringify(shown(other)),
  sleep: (frame, milliseconds) => sleep(milliseconds),
  abort: (frame, ...reason) => frame.object.ctx.abort(...reason),
  "memory.get": (frame, name) => frame.object.memory.get(name),
  "memory.set": (frame, name, value) => void frame.object.memory.set(name, value),

  call: (frame, object, handler, ...args) => stub_of(frame.object.run, object).handle(handler, args),
  call_on: (frame, stub, object, handler, ...args) => {
    const { stubs, run } = frame.object;
    if (!stubs.has(stub)) stubs.set(stub, stub_of(run, object));
    return stubs.get(stub).handle(handler, args);
  },
  fetch: async (frame, service, text) => {
    const headers = { "X-Program": frame.object.run.program.name, "X-Service": service };
    const response = await frame.object.env.OUTSIDE.fetch("http://outside/", { method: "POST", headers, body: text });
    return decodeURIComponent(response.headers.get("X-Text"));
  },

  "id.from_name": (frame, name) => frame.object.env.OBJECTS.idFromName(name),
  "id.from_string": (frame, hex) => frame.object.env.OBJECTS.idFromString(hex),
  "id.new_unique": (frame, ...options) => frame.object.env.OBJECTS.newUniqueId(...options),
  "id.own": (frame) => frame.object.ctx.id,
  "id.text": (frame, id) => id.toString(),
  "id.name": (frame, id) => id.name,
  "id.equals": (frame, one, other) => one.equals(other),
  "id.get": (frame, id, ...options) => void frame.object.env.OBJECTS.get(id, ...options),
  "id.call": (frame, id, object, handler, ...args) => {
    const { run } = frame.object;
    places.set(id.toString(), { run, object, object_class: Object.keys(run.program.classes)[0] });
    return run.env.OBJECTS.get(id).handle(handler, args);
  },

  "kv.get": (frame, ...args) => storage_of(frame).kv.get(...args),
  "kv.put": (frame, ...args) => storage_of(frame).kv.put(...args),
  "kv.delete": (frame, ...args) => storage_of(frame).kv.delete(...args),
  "kv.list": (frame, ...args) => Array.from(storage_of(frame).kv.list(...args)),
  "kv.open": (frame, name, ...args) =>
    void frame.lists.set(name, storage_of(frame).kv.list(...args)[Symbol.iterator]()),
  "kv.next": (frame, name) => frame.lists.get(name).next().value,

  ...operations_on("storage", storage_of),
  "storage.sync": (frame) => storage_of(frame).sync(),
  "storage.bookmark": (frame) => storage_of(frame).getCurrentBookmark(),
  ...operations_on("txn", transaction_of),
  "txn.rollback": (frame) => transaction_of(frame).rollback(),

  sql: (frame, query, ...bindings) => storage_of(frame).sql.exec(query, ...bindings).toArray(),
  "sql.open": (frame, name, query, ...bindings) =>
    void frame.lists.set(name, storage_of(frame).sql.exec(query, ...bindings)),
  "sql.next": (frame, name) => frame.lists.get(name).next().value,
  "sql.rest": (frame, name) => frame.lists.get(name).toArray(),
  "sql.one": (frame, name) => frame.lists.get(name).one(),
  "sql.raw": (frame, name) => Array.from(frame.lists.get(name).raw()),
  "sql.columns": (frame, name) => frame.lists.get(name).columnNames,
  "sql.rows_read": (frame, name) => frame.lists.get(name).rowsRead,
  "sql.rows_written": (frame, name) => frame.lists.get(name).rowsWritten,
  "sql.size": (frame) => storage_of(frame).sql.databaseSize,
};

// ---- The object -----------------------------------------------------------------------------------------------

export class Interpreter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const { run, object, object_class } = places.get(ctx.id.toString());
    this.run = run;
    this.handlers = run.program.classes[object_class];
    this.memory = new Map();
    this.stubs = new Map();
    this.record = (label, value) => (run.transcript.objects[object] ??= []).push([label, value]);
    if (Object.hasOwn(this.handlers, "constructor")) this.begin(this.handlers.constructor, [], true);
  }

  async handle(handler, args) {
    return this.begin(this.handlers[handler], args);
  }

  async fetch(request) {
    const { handler, args } = await request.json();
    return Response.json(shown(await this.handle(handler, args)));
  }

  async alarm({ retryCount, isRetry }) {
    await this.begin(this.handlers.alarm, [retryCount, isRetry]);
  }

  begin(operations, args, is_constructor = false) {
    return drive(body(operations, {
      object: this,
      record: this.record,
      variables: new Map(args.map((value, number) => [String(number), value])),
      tasks: new Map(),
      lists: new Map(),
      last: {},
      is_constructor,
    }));
  }
}

// ---- Outside --------------------------------------------------------------------------------------------------

export class Outside extends WorkerEntrypoint {
  async ping() {}

  async fetch(request) {
    const run = runs.get(request.headers.get("X-Program"));
    const service = request.headers.get("X-Service");
    const text = await request.text();
    (run.transcript.services[service] ??= []).push(text);
    await sleep(run.program.services?.[service]?.delay ?? 0);
    // In a header, for to read a body would be a second wait.
    return new Response(null, { headers: { "X-Text": encodeURIComponent(text) } });
  }
}

// ---- The driver -----------------------------------------------------------------------------------------------

async function answer_of(stub, event, args) {
  if (event.via !== "fetch") {
    const value = await stub.handle(event.handler, args);
    return value === undefined ? undefined : shown(value);
  }
  const request = { method: "POST", body: JSON.stringify({ handler: event.handler, args }) };
  return (await stub.fetch("http://object/", request)).json();
}

const in_order_of_names = (named) =>
  Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1)));

// Afterwards tells how late the process was at most, in ms: with timers, and with round trips through it.
function watch_lateness(env) {
  const interval = 20;
  let latest = 0;
  let last = Date.now();
  let is_over = false;
  const note = () => {
    const now = Date.now();
    latest = Math.max(latest, now - last - interval);
    last = now;
  };
  const watch = async () => {
    while (!is_over) {
      await sleep(interval);
      await env.OUTSIDE.ping();
      note();
    }
  };
  watch();
  return () => {
    is_over = true;
    note();
    return latest;
  };
}

export default {
  async fetch(request, env) {
    const lateness = watch_lateness(env);
    const program = await request.json();
    const transcript = { events: [], ended: {}, objects: {}, services: {} };
    const run = { program, env, transcript };
    runs.set(program.name, run);

    const stubs = new Map();
    const send = async (event, number, copy) => {
      const stub = stubs.get(event.stub) ?? stub_of(run, event.object);
      if (event.stub) stubs.set(event.stub, stub);
      const args = (event.args ?? []).map((argument) => read(argument, new Map([["n", copy]])));
      try {
        transcript.events[number] = { value: await answer_of(stub, event, args) };
      } catch (error) {
        transcript.events[number] = { error: shown_error(error) };
      }
      (transcript.ended[event.object] ??= []).push(number);
    };

    // Events of one instant are sent in one turn, so that none can slip in between.
    const instants = new Map();
    for (const event of program.schedule) {
      const at = event.at ?? 0;
      if (!instants.has(at)) instants.set(at, []);
      for (let copy = 0; copy < (event.times ?? 1); ++copy) {
        instants.get(at).push({ event, copy, number: transcript.events.length });
        transcript.events.push({ pending: true });
      }
    }
    const played = Promise.all(Array.from(instants, async ([at, sendings]) => {
      if (at > 0) await sleep(at);
      await Promise.all(sendings.map(({ event, copy, number }) => send(event, number, copy)));
    }));
    await (program.lasts === undefined ? played : sleep(program.lasts));
    for (const part of ["ended", "objects", "services"]) transcript[part] = in_order_of_names(transcript[part]);
    return Response.json({ transcript, late: lateness() });
  },
};
