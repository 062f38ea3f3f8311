// One workerd process on loopback, in a fresh directory, that runs neutral programs.
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import package_of_workerd from "workerd";

const { default: binary, version } = package_of_workerd;
export { version };

const compatibility_date = "2026-11-01";

// In memory if there is such a place: a database that is created on a disk takes so long that timers come late.
const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

// The kinds differ in their storage alone. The older one exists in workerd only in memory: it is a cache that never
// flushes, on top of a storage that is always empty.
const worker = (kind, storage, options) => `(
  modules = [(name = "interpreter.js", esModule = embed "interpreter.js")],
  compatibilityDate = "${compatibility_date}",
  durableObjectNamespaces = [(className = "Interpreter", uniqueKey = "orrery-conformance-${kind}"${options})],
  durableObjectStorage = ${storage},
  bindings = [
    (name = "OBJECTS", durableObjectNamespace = "Interpreter"),
    (name = "OUTSIDE", service = (name = "${kind}", entrypoint = "Outside")),
  ],
)`;

const configuration = `using Workerd = import "/workerd/workerd.capnp";
const sqlite :Workerd.Worker = ${worker("sqlite", '(localDisk = "disk")', ", enableSql = true")};
const kv :Workerd.Worker = ${worker("kv", "(inMemory = void)", "")};
const config :Workerd.Config = (
  services = [
    (name = "sqlite", worker = .sqlite),
    (name = "kv", worker = .kv),
    (name = "disk", disk = (path = "disk", writable = true)),
  ],
  sockets = [
    (name = "sqlite", address = "127.0.0.1:0", http = (), service = "sqlite"),
    (name = "kv", address = "127.0.0.1:0", http = (), service = "kv"),
  ],
);
`;

// An interrupted run leaves nothing behind.
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    for (const { process, directory } of running) {
      process.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
    process.exit(1);
  });

export class Workerd {
  static async start() {
    const self = new Workerd();
    self.directory = await mkdtemp(join(root, "orrery-conformance-"));
    await mkdir(join(self.directory, "disk"));
    await writeFile(join(self.directory, "config.capnp"), configuration);
    await copyFile(fileURLToPath(new URL("interpreter.js", import.meta.url)), join(self.directory, "interpreter.js"));
    self.process = spawn(binary, ["serve", "--control-fd=3", "config.capnp"],
                         { cwd: self.directory, stdio: ["ignore", "ignore", "pipe", "pipe"] });
    running.add(self);
    self.log = "";
    self.process.stderr.on("data", (text) => (self.log = (self.log + text).slice(-10_000)));
    self.ended = new Promise((resolve) => self.process.on("close", resolve));
    self.ports = {};
    for await (const line of createInterface({ input: self.process.stdio[3] })) {
      const { event, socket, port } = JSON.parse(line);
      if (event === "listen") self.ports[socket] = port;
      if (Object.keys(self.ports).length === 2) return self;
    }
    throw new Error(`workerd did not start:\n${self.log}`);
  }

  // The transcript of one program, and how late the process was meanwhile, in ms. No two programs of a process may
  // have the same name.
  async run(program) {
    const url = `http://127.0.0.1:${this.ports[program.storage]}/`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(program) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${program.name}: ${text}\n${this.log}`);
    return JSON.parse(text);
  }

  async stop() {
    this.process.kill();
    await this.ended;
    running.delete(this);
    await rm(this.directory, { recursive: true, force: true });
  }
}
