// Bundles JavaScript with esbuild: `node bundle.mjs JOB.json`. Prints the npm packages that went in, as JSON.
//
// The job:
//   root          folder that error messages name files from
//   nodeModules   folder to take packages from
//   entries       files to bundle
//   outdir        where the bundles go
//   aliases       {import name: file to use instead}
//   conditions    package.json export conditions
//   splitting     whether what is `import()`ed becomes a file of its own, which is loaded when it is asked for
//   globalName    where it is not empty, the bundle is a plain script with its exports in a variable of this name
//   footer        what comes after it
//   replacements  [{file (end of its path), from, to}]: each must be found exactly once, else the build fails
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";

const job = JSON.parse(await readFile(process.argv[2], "utf8"));
const { build } = createRequire(join(job.nodeModules, "_"))("esbuild");

// Sources outside the folder of node_modules find packages there too. (esbuild's `nodePaths` would not do: it looks at
// a package's "browser" field before its "exports".)
const packages = {
  name: "packages",
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir, pluginData }) => {
      const elsewhere = kind !== "entry-point" && !resolveDir.includes("node_modules") && pluginData !== "resolving";
      if (!elsewhere || isAbsolute(path)) return undefined;
      return builder.resolve(path, { kind, resolveDir: dirname(job.nodeModules), pluginData: "resolving" });
    });
  },
};

const replacing = {
  name: "replacing",
  setup(builder) {
    for (const { file, from, to } of job.replacements) {
      const filter = new RegExp(`${file.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("/", "[\\\\/]")}$`);
      builder.onLoad({ filter }, async ({ path }) => {
        const parts = (await readFile(path, "utf8")).split(from);
        if (parts.length !== 2) return { errors: [{ text: `${file} has ${parts.length - 1} times, not once: ${from}` }] };
        return { contents: parts.join(to), loader: "js" };
      });
    }
  },
};

try {
  const { metafile } = await build({
    absWorkingDir: job.root,
    entryPoints: job.entries,
    outdir: job.outdir,
    alias: job.aliases,
    conditions: job.conditions,
    plugins: [packages, replacing],
    bundle: true,
    splitting: job.splitting,
    format: job.globalName ? "iife" : "esm",
    globalName: job.globalName || undefined,
    footer: { js: job.footer },
    minify: true,
    target: "chrome137", // the manifest's minimum_chrome_version
    legalComments: "none", // THIRD_PARTY_NOTICES.txt carries the licences
    metafile: true,
    logLevel: "silent",
  });
  const names = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name) names.add(name);
  }
  console.log(JSON.stringify([...names].sort()));
} catch (error) {
  const [first] = error.errors ?? [];
  const place = first?.location ? `${first.location.file}:${first.location.line}: ` : "";
  console.error(first ? `${place}${first.text}` : String(error));
  process.exit(1);
}
