// Draws answers in the panel's page and looks for what must not happen there.
(() => {
  const found = new Set();
  window.sentinel = () => found.add("a script ran");
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => found.add(`${name} was called`);
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    found.add(`the policy stopped ${violatedDirective} of ${blockedURI}`),
  );
  addEventListener("beforeunload", () => found.add("the page was left"));
  addEventListener("error", ({ message }) => message && found.add(`an error: ${message}`));
  addEventListener("unhandledrejection", ({ reason }) => found.add(`a rejection: ${reason}`));

  const TAGS = new Set(
    "A P BR HR EM STRONG DEL CODE PRE BLOCKQUOTE UL OL LI H3 TABLE THEAD TBODY TR TH TD SUB SUP KBD MARK U".split(" "),
  );
  const OWN = "div.answer-body, div.block, div.table-scroll, tabagent-code.code-block, details.thinking, div.thought";
  const ATTRIBUTES = new Map([
    ["A", ["href", "target", "rel", "referrerpolicy", "class", "aria-description", "data-host"]],
    ["OL", ["start"]],
    ["LI", ["class"]],
    ["H3", ["class"]],
    ["CODE", ["class"]],
    ["TH", ["align"]],
    ["TD", ["align"]],
    ["PRE", ["tabindex", "role", "aria-label", "class"]],
    ["SPAN", ["class"]],
    ["DIV", ["class", "dir", "tabindex", "role", "aria-label"]],
    ["DETAILS", ["class", "data-testid", "data-state", "open"]],
    ["TABAGENT-CODE", ["class", "dir"]],
  ]);
  const CLASSES = {
    A: /^image$/,
    H3: /^level-[1-6]$/,
    LI: /^task$/,
    CODE: /^language-\S+$/,
    PRE: /^$/,
    SPAN: /^(image-host|hljs-[\w-]+( [\w-]+_?)*|language-\w+)$/,
  };
  // Their own content is the panel's: buttons with icons, and the line of a fold.
  const CHROME = ".code-head, .thinking > summary";
  const NAMED = "body cookie getElementById querySelector forms head title location".split(" ");
  const KNOWN = { chrome: window.chrome, background: window.background, self: window.self };
  const named = new Map(NAMED.map((name) => [name, typeof document[name]]));
  // Where attacks are let through they may shadow the document's own functions.
  const all = Document.prototype.querySelectorAll.bind(document);
  const globals = new Set();

  let view;
  let outside = 0;
  const count = () => all("*:not(tabagent-markdown *):not(.link-address):not(.link-address *)").length;

  function begin() {
    if (globals.size === 0) Object.keys(window).forEach((name) => globals.add(name));
    const [log] = all(".log");
    const article = document.createElement("article");
    const message = document.createElement("div");
    article.className = "message";
    article.dataset.role = "assistant";
    message.className = "message-text";
    view = document.createElement("tabagent-markdown");
    message.append(view);
    article.append(message);
    log.append(article);
    outside = count();
  }

  function show(text, complete) {
    view.content = { text, complete };
  }

  function stream(text, least) {
    const size = Math.max(least, Math.ceil(text.length / 1000));
    for (let end = size; end < text.length; end += size) show(text.slice(0, end), false);
    show(text, false);
    inspect("while it came");
    show(text, true);
  }

  function inspect(when) {
    const tell = (what) => found.add(`${when}: ${what}`);
    try {
      examine(tell);
    } catch (error) {
      tell(`it stands in the way of a look at it: ${error}`);
    }
  }

  function examine(tell) {
    for (const element of view.querySelectorAll("*")) {
      if (element.closest(CHROME)) continue;
      const { tagName, namespaceURI, attributes, shadowRoot } = element;
      const own = element.matches(OWN) || (tagName === "SPAN" && element.closest("code, a.image"));
      if (namespaceURI !== "http://www.w3.org/1999/xhtml" || !(TAGS.has(tagName) || own)) tell(`element ${tagName}`);
      if (shadowRoot) tell(`a shadow root in ${tagName}`);
      for (const { name, value } of attributes) {
        if (!ATTRIBUTES.get(tagName)?.includes(name)) tell(`${tagName} has ${name}="${value}"`);
        if (name === "class" && CLASSES[tagName] && !CLASSES[tagName].test(value)) tell(`${tagName} has class ${value}`);
      }
      if (tagName !== "A" || !element.hasAttribute("href")) continue;
      if (!["http:", "https:", "mailto:"].includes(element.protocol)) tell(`a link to ${element.href}`);
      if (element.target !== "_blank" || element.rel !== "noopener noreferrer nofollow") tell(`a bare link ${element.href}`);
      if (element.parentElement.closest("a")) tell("a link in a link");
    }
    if (count() !== outside) tell("something outside of the answer changed");
    for (const [name, type] of named) if (typeof document[name] !== type) tell(`document.${name} is another`);
    for (const [name, value] of Object.entries(KNOWN)) if (window[name] !== value) tell(`window.${name} is another`);
    for (const name of Object.keys(window)) if (!globals.has(name)) tell(`window.${name} is new`);
    if (Object.prototype.href !== undefined) tell("Object.prototype has href");
  }

  /** Draws a text at once, and again piece by piece, with its folds open; answers what was found. */
  function attack(text, size) {
    found.clear();
    for (const whole of [true, false]) {
      begin();
      if (whole) show(text, true);
      else stream(text, size);
      const fold = view.querySelector("details.thinking");
      if (fold) fold.open = true;
      inspect(whole ? "as a whole" : "at the end");
    }
    return [...found];
  }

  /** What was found by now; removes all answers but the newest. */
  function since() {
    return [...found];
  }

  function clear() {
    for (const article of all(".log > article")) article.remove();
    found.clear();
  }

  /** How long it takes to draw a text, in milliseconds: the quickest of some tries. */
  function timeOf(text, tries) {
    let best = Infinity;
    for (let number = 0; number < tries; number += 1) {
      begin();
      const begun = performance.now();
      show(text, true);
      best = Math.min(best, performance.now() - begun);
      view.closest("article").remove();
    }
    return best;
  }

  window.watcher = { begin, show, stream, attack, since, clear, timeOf, view: () => view };
})();
