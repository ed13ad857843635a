// Calls a function of a page's `bench` and gives up after `limitMs`.
([name, options, limitMs]) =>
  Promise.race([
    globalThis.bench[name](options),
    new Promise((_, reject) => {
      setTimeout(() => reject(new Error(`${name} did not end within ${limitMs / 1000} s`)), limitMs);
    }),
  ])
