// Draws a long answer piece by piece in the panel's page: milliseconds a piece at its beginning and at its end.
(({ pieces, share }) => {
  const parts = [
    "A paragraph with **bold** words, `code` and a [link](https://example.com/page), long enough for two lines.\n\n",
    Array.from({ length: 30 }, (_, number) => `${number + 1}. An entry with *emphasis* and some words\n`).join("") + "\n",
    "| name | number |\n|---|--:|\n" + "| a name of a thing | 12 |\n".repeat(20) + "\n",
    "```python\n" + "total = sum(value for value in values if value > 0)  # why\n".repeat(40) + "```\n\n",
  ];
  const whole = parts.join("");
  const size = 5;
  const text = whole.repeat(Math.ceil((pieces * size) / whole.length));
  const view = document.createElement("tabagent-markdown");
  document.querySelector(".log").append(view);

  const costs = [];
  for (let end = size; end <= text.length; end += size) {
    const begun = performance.now();
    view.content = { text: text.slice(0, end), complete: false };
    costs.push(performance.now() - begun);
  }
  view.remove();
  // Whole repetitions, so that both windows hold the same blocks.
  const window = Math.ceil(((whole.length / size) * Math.ceil((costs.length * share * size) / whole.length)));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { beginning: mean(costs.slice(0, window)), end: mean(costs.slice(-window)) };
})
