// Runs neutral programs (FORMAT.md) in workerd.
//
//   node run.mjs record                           writes transcripts/ from programs/
//   node run.mjs compare                          runs programs/ and compares with transcripts/
//   node run.mjs compare PROGRAMS TRANSCRIPTS     the same for a file of programs and one of transcripts
//   node run.mjs run PROGRAMS                     prints the transcripts of a file of programs
//   node run.mjs coverage                         writes COVERAGE.md from programs/
//
// compare prints the first difference of each program that differs, and exits with 1 if any does. A program that
// differs is run once more, alone: what then agrees was disturbed by a busy machine.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { coverage_table } from "./coverage.mjs";
import { formatted } from "./json.mjs";
import { version, Workerd } from "./workerd.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

// Programs keep 50 ms, slow ones 1 s, between what must happen in order. A run in which the process was nearly as
// late proves nothing, and is done again with fewer others beside it.
const lateness_max = ({ slow }) => (slow ? 500 : 35);  // ms
const depends_on_time = (program) => /"(at|sleep|delay|lasts)"/.test(JSON.stringify(program));
const concurrencies = [12, 6, 3, 1, 1, 1];

const read_json = async (file) => JSON.parse(await readFile(file, "utf8"));

async function own_files() {
  const names = (await readdir(join(here, "programs"))).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(names.map(async (name) => ({
    programs: await read_json(join(here, "programs", name)),
    transcripts: join(here, "transcripts", name),
  })));
}

// Of the programs, by name.
async function transcripts_of(programs) {
  const names = new Set();
  for (const { name } of programs) {
    if (names.has(name)) throw new Error(`two programs are named ${name}`);
    names.add(name);
  }
  const found = new Map();
  let left = programs;
  for (const concurrency of concurrencies) {
    const is_slow = ({ slow }) => slow === true;
    const quick = left.filter((program) => !is_slow(program));
    const half = Math.ceil(quick.length / 2);
    const disturbed = await Promise.all([
      run_all(quick.slice(0, half), concurrency, found),
      run_all(quick.slice(half), concurrency, found),
      run_all(left.filter(is_slow), Infinity, found),  // they wait rather than work
    ]);
    left = disturbed.flat();
    if (left.length === 0) break;
  }
  if (left.length > 0) console.error(`the machine is busy: ${left.length} programs may have been disturbed`);
  return found;
}

// Fills in `found`; gives the programs that were disturbed.
async function run_all(programs, concurrency, found) {
  if (programs.length === 0) return [];
  const disturbed = [];
  const workerd = await Workerd.start();
  try {
    const waiting = programs.values();
    const work = async () => {
      for (const program of waiting) {
        const { transcript, late } = await workerd.run(program);
        found.set(program.name, transcript);
        if (late > lateness_max(program) && depends_on_time(program)) disturbed.push(program);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, programs.length) }, work));
  } finally {
    await workerd.stop();
  }
  return disturbed;
}

function recording(programs, found) {
  return formatted({
    workerd: version,
    transcripts: Object.fromEntries(programs.map(({ name }) => [name, found.get(name)])),
  }) + "\n";
}

async function record() {
  const files = await own_files();
  const found = await transcripts_of(files.flatMap(({ programs }) => programs));
  for (const { programs, transcripts } of files) await writeFile(transcripts, recording(programs, found));
  console.log(`${found.size} programs recorded from workerd ${version}`);
}

// Where two transcripts first differ, as text.
function difference(expected, actual, path = "") {
  if (isDeepStrictEqual(expected, actual)) return undefined;
  const are_alike = [expected, actual].every((value) => value !== null && typeof value === "object") &&
                    Array.isArray(expected) === Array.isArray(actual);
  if (!are_alike) return `${path}: ${JSON.stringify(expected)} expected, ${JSON.stringify(actual)} found`;
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const found = difference(expected[key], actual[key], `${path}/${key}`);
    if (found) return found;
  }
  return `${path}: another order of keys`;
}

async function compare(pairs) {
  const programs = pairs.flatMap(({ programs }) => programs);
  const expected = new Map(pairs.flatMap(({ expected }) => Object.entries(expected.transcripts)));
  const found = await transcripts_of(programs);
  const differs = ({ name }) => difference(expected.get(name), found.get(name));
  const suspects = programs.filter(differs);
  for (const suspect of suspects) found.set(suspect.name, (await transcripts_of([suspect])).get(suspect.name));
  const different = suspects.filter(differs);
  for (const program of different) console.log(`${program.name} (${program.section}): ${differs(program)}`);
  console.log(`${programs.length} programs, ${programs.length - different.length} equal, ` +
              `${suspects.length - different.length} of them at the second try`);
  return different.length === 0;
}

async function main(command, ...files) {
  if (command === "record") return record();
  if (command === "coverage") {
    const programs = (await own_files()).flatMap(({ programs }) => programs);
    return writeFile(join(here, "COVERAGE.md"), coverage_table(programs));
  }
  if (command === "run" && files.length === 1) {
    const programs = await read_json(files[0]);
    return void process.stdout.write(recording(programs, await transcripts_of(programs)));
  }
  if (command === "compare" && files.length === 0) {
    const pairs = (await own_files()).map(async ({ programs, transcripts }) =>
      ({ programs, expected: await read_json(transcripts) }));
    return compare(await Promise.all(pairs));
  }
  if (command === "compare" && files.length === 2)
    return compare([{ programs: await read_json(files[0]), expected: await read_json(files[1]) }]);
  console.error("usage: node run.mjs record | compare [PROGRAMS TRANSCRIPTS] | run PROGRAMS | coverage");
  process.exit(2);
}

if ((await main(...process.argv.slice(2))) === false) process.exit(1);
