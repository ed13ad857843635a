// @ts-check
// The languages that code is coloured in: how models call them, how people do, and how their files end.

/** @type {[id: string, label: string, extension: string, ...aliases: string[]][]} */
const LANGUAGES = [
  ["bash", "Bash", "sh", "sh", "shell", "zsh", "console", "shellsession", "terminal"],
  ["c", "C", "c", "h"],
  ["cpp", "C++", "cpp", "c++", "cc", "cxx", "hpp", "arduino", "ino"],
  ["csharp", "C#", "cs", "c#", "cs", "dotnet"],
  ["css", "CSS", "css", "scss", "less"],
  ["diff", "Diff", "diff", "patch"],
  ["go", "Go", "go", "golang"],
  ["html", "HTML", "html", "htm", "xhtml", "vue", "svelte"],
  ["java", "Java", "java"],
  ["javascript", "JavaScript", "js", "js", "jsx", "mjs", "cjs", "node"],
  ["json", "JSON", "json", "jsonc", "json5", "jsonl", "geojson"],
  ["kotlin", "Kotlin", "kt", "kt", "kts"],
  ["markdown", "Markdown", "md", "md"],
  ["php", "PHP", "php"],
  ["plaintext", "Text", "txt", "text", "txt", "plain", "output"],
  ["python", "Python", "py", "py", "python3", "py3", "ipython", "pycon"],
  ["ruby", "Ruby", "rb", "rb"],
  ["rust", "Rust", "rs", "rs"],
  ["sql", "SQL", "sql", "mysql", "postgresql", "postgres", "sqlite", "plsql", "tsql"],
  ["swift", "Swift", "swift"],
  ["typescript", "TypeScript", "ts", "ts", "tsx", "mts", "cts"],
  ["xml", "XML", "xml", "svg", "rss", "atom", "xsd", "xsl", "plist"],
  ["yaml", "YAML", "yml", "yml"],
];

/** @typedef {{id: string, label: string, extension: string}} Language `id` is empty for one that is not coloured */

/** @type {Map<string, Language>} */
const BY_NAME = new Map();
for (const [id, label, extension, ...aliases] of LANGUAGES) {
  for (const name of [id, ...aliases]) BY_NAME.set(name, { id, label, extension });
}

/** @param {string} name as a model wrote it @returns {Language} */
export function languageNamed(name) {
  return BY_NAME.get(name.toLowerCase()) ?? { id: "", label: name, extension: "txt" };
}

/** @returns {string[]} the ids of all languages that are coloured */
export function languageIds() {
  return LANGUAGES.map(([id]) => id);
}
