// Runs a Python file in the packaged Pyodide, in Node: `node in_pyodide.mjs JOB.json`.
//
// The job names host files and their places in Pyodide's file system:
//   pyodide    folder of the npm package
//   script     Python file to run; top-level await is allowed
//   wheels     wheels to unpack before it runs
//   inputs     {place inside: host file}
//   outputs    {place inside: host file}, copied after it has run
//   snapshot   host file for the memory snapshot taken after it has run, or null
//
// Randomness and the clock are fixed before Python starts: the same job must give the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import nodeCrypto from "node:crypto";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));

function fillWithFixedBytes(view) {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(7);
  return view;
}
globalThis.crypto.getRandomValues = fillWithFixedBytes;
nodeCrypto.randomFillSync = fillWithFixedBytes;
// Pyodide would tell Python the path of this program.
process.argv.length = 1;
const fixedTime = Date.UTC(2020, 0, 1);
Date.now = () => fixedTime;
performance.now = () => 0;

async function work() {
  const { loadPyodide } = await import(pathToFileURL(join(job.pyodide, "pyodide.mjs")).href);
  const pyodide = await loadPyodide({
    indexURL: job.pyodide,
    _makeSnapshot: job.snapshot !== null,
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  });
  const place = (path, host) => {
    pyodide.FS.mkdirTree(dirname(path));
    pyodide.FS.writeFile(path, readFileSync(host));
  };
  for (const wheel of job.wheels) pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
  for (const [path, host] of Object.entries(job.inputs)) place(path, host);

  await pyodide.runPythonAsync(readFileSync(job.script, "utf8"), { filename: job.script.split(/[\\/]/).at(-1) });

  for (const [path, host] of Object.entries(job.outputs)) writeFileSync(host, pyodide.FS.readFile(path));
  if (job.snapshot !== null) writeFileSync(job.snapshot, pyodide.makeMemorySnapshot());
}

try {
  await work();
} catch (error) {
  // Node would print the minified line of Pyodide that threw.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
process.exit(0); // timers of the runtime would keep Node alive
