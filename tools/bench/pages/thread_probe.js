// Evaluated in a runtime thread before Python starts: what the changes in tools/bench/inside call, and what they find.
() => {
  /** Milliseconds of each run of the engine. */
  const runs = [];
  const timed = (work) => {
    const begin = performance.now();
    try {
      return work();
    } finally {
      runs.push(performance.now() - begin);
    }
  };
  let made = 0;
  const proxies = () => bench.pyodide._module.pyproxy_alloc_map;
  const bench = {
    pyodide: null,
    takeRuns: () => runs.splice(0),

    /** Takes `ms` milliseconds of this thread, and no timer. */
    compute: (ms) =>
      timed(() => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      }),

    timeRuns(module) {
      const run = module.runOnCpu;
      module.runOnCpu = (...given) => timed(() => run(...given));
    },

    /** Counts from now on the proxies of Python objects that are made, and keeps those that are not destroyed. */
    countProxies() {
      bench.pyodide._module.enable_pyproxy_allocation_tracing();
      const all = proxies();
      all.set = (proxy, stack) => ((made += 1), Map.prototype.set.call(all, proxy, stack));
    },

    /** How many were made, how many of them are left, and by which calls: {stack: how many}. */
    proxies() {
      const stacks = {};
      for (const stack of proxies().values()) stacks[stack] = (stacks[stack] ?? 0) + 1;
      return { made, left: proxies().size, stacks };
    },
  };
  globalThis.bench = bench;
}
