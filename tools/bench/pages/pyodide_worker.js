// The peer "plain-pyodide": the extension's own Pyodide, wheels and modules, without the memory snapshot.
import { loadPyodide } from "/extension/vendor/pyodide/pyodide.mjs";

async function boot({ packages, modules }) {
  const place = new URL("/extension/vendor/pyodide/", location.href).href;
  const archive = fetch("/extension/python/runtime.zip").then((response) => response.arrayBuffer());
  const pyodide = await loadPyodide({ indexURL: place, packageBaseUrl: place, packages });
  pyodide.FS.mkdirTree("/app");
  pyodide.FS.writeFile("/app/runtime.zip", new Uint8Array(await archive));
  pyodide.pyimport("sys").path.insert(0, "/app/runtime.zip");
  for (const module of modules) pyodide.pyimport(module);
}

onmessage = ({ data }) =>
  boot(data).then(
    () => postMessage("ready"),
    (error) => postMessage(`${error}`),
  );
