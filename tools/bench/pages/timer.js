// A timer that should fire every 10 ms, and a note of every time that it did not: {end, gap} in milliseconds.
(() => {
  const PERIOD_MS = 10;
  const NOTED_MS = 15;
  let gaps = [];
  let last = performance.now();
  setInterval(() => {
    const time = performance.now();
    if (time - last > NOTED_MS) gaps.push({ end: performance.timeOrigin + time, gap: time - last });
    last = time;
  }, PERIOD_MS);
  globalThis.takeGaps = () => {
    const taken = gaps;
    gaps = [];
    return taken;
  };
})();
