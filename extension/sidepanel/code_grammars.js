// @ts-check
// Grammars of our own for highlight.js, where its own list every property and function that there is: these colour by
// the shape of the code, at a tenth of the size.

/** @typedef {import("highlight.js").HLJSApi} HLJSApi */
/** @typedef {import("highlight.js").Language} Language */
/** @typedef {import("highlight.js").Mode} Mode */

const IDENTIFIER = /[A-Za-z_]\w*/;
/** @type {Mode} */
const TYPE = { scope: "type", begin: /\b[A-Z]\w*\b/, relevance: 0 };

/** @param {HLJSApi} hljs @returns {Language} CSS, and what SCSS and Less add to it */
export function css(hljs) {
  /** @type {Mode[]} */
  const values = [
    hljs.C_BLOCK_COMMENT_MODE,
    hljs.APOS_STRING_MODE,
    hljs.QUOTE_STRING_MODE,
    { scope: "number", begin: /#[\da-f]{3,8}\b|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:%|[a-z]+)?/, relevance: 0 },
    { scope: "variable", begin: /(?:--|\$|@)[\w-]+/ },
    { scope: "built_in", begin: /[\w-]+(?=\()/ },
    { scope: "meta", begin: /!\w+/ },
  ];
  return {
    name: "CSS",
    case_insensitive: true,
    contains: [
      hljs.C_BLOCK_COMMENT_MODE,
      hljs.COMMENT(/(?:^|\s)\/\//, /$/),
      { scope: "keyword", begin: /@(?:-[a-z]+-)?[a-z-]+/, relevance: 0 },
      {
        scope: "attribute",
        begin: /(?:--|\$)?[\w-]+(?=\s*:\s*[^{};]*[;}])(?!:[a-z-]+[^;{}]*\{)/,
        starts: { end: /(?=[;}])/, contains: values },
        relevance: 0,
      },
      { scope: "selector-id", begin: /#[A-Za-z_-][\w-]*/ },
      { scope: "selector-class", begin: /\.[A-Za-z_-][\w-]*/ },
      { scope: "selector-pseudo", begin: /::?[a-z-]+/ },
      { scope: "selector-attr", begin: /\[/, end: /\]/, contains: [hljs.APOS_STRING_MODE, hljs.QUOTE_STRING_MODE] },
      { scope: "selector-tag", begin: /\b[a-z][a-z\d-]*\b(?=[^;{}]*\{)/, relevance: 0 },
      ...values,
    ],
  };
}

/** @param {HLJSApi} hljs @returns {Language} SQL of every dialect */
export function sql(hljs) {
  return {
    name: "SQL",
    case_insensitive: true,
    keywords: {
      $pattern: /[a-z_]+/,
      keyword:
        "add all alter and any as asc autoincrement auto_increment begin between by cascade case cast check " +
        "collate column commit conflict constraint create cross current database declare default delete desc " +
        "distinct do drop else end escape except execute exists explain fetch filter first following for foreign " +
        "from full function grant group having if ilike in index inner insert intersect into is join key last " +
        "lateral left like limit materialized merge natural not nothing nulls of offset on only or order outer " +
        "over partition preceding primary procedure range recursive references rename replace restrict returning " +
        "returns revoke right rollback row rows schema select set some table temporary then to top transaction " +
        "trigger truncate unbounded union unique update using values view when where while window with without",
      literal: "true false null unknown",
      type:
        "bigint binary bit blob boolean bool bytea char character date datetime decimal double enum float int " +
        "integer interval json jsonb money nchar numeric nvarchar precision real serial smallint string text time " +
        "timestamp timestamptz tinyint uuid varbinary varchar varying xml",
    },
    contains: [
      {
        ...call("in values and or not exists as on using over key check any all varchar char decimal numeric"),
        scope: "built_in",
      },
      { scope: "string", begin: /'/, end: /'/, contains: [{ begin: /''/ }] },
      { begin: /"/, end: /"/, contains: [{ begin: /""/ }] },
      { begin: /`/, end: /`/ },
      { scope: "variable", begin: /[@:$]+[a-z_]\w*|\$\d+/ },
      { scope: "number", begin: /\b\d+(?:\.\d+)?\b/, relevance: 0 },
      hljs.COMMENT("--", "$"),
      hljs.HASH_COMMENT_MODE,
      hljs.C_BLOCK_COMMENT_MODE,
    ],
  };
}

/** @param {HLJSApi} hljs @returns {Language} */
export function php(hljs) {
  const variable = { scope: "variable", begin: /\$+[A-Za-z_\x80-\uffff][\w\x80-\uffff]*/, relevance: 0 };
  const inserted = { scope: "subst", variants: [{ begin: /\{(?=\$)/, end: /\}/, contains: [variable] }, variable] };
  return {
    name: "PHP",
    case_insensitive: true,
    keywords: {
      keyword:
        "abstract and as break callable case catch class clone const continue declare default do echo else elseif " +
        "empty enddeclare endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach " +
        "function global goto if implements include include_once instanceof insteadof interface isset list match " +
        "namespace new or print private protected public readonly require require_once return static switch throw " +
        "trait try unset use var while xor yield exit die",
      literal: "true false null",
      type: "array bool float int iterable mixed never object string void",
      "variable.language": "self parent this",
    },
    contains: [
      hljs.HASH_COMMENT_MODE,
      hljs.C_LINE_COMMENT_MODE,
      hljs.COMMENT(/\/\*/, /\*\//, { contains: [{ scope: "doctag", begin: /@[A-Za-z]+/ }] }),
      { scope: "meta", begin: /<\?(?:php|=)?|\?>|#\[[^\]]*\]/ },
      { scope: "string", begin: /<<<\s*(['"]?)(\w+)\1\n/, end: /^[ \t]*\w+\b(?=[;,)\s]|$)/, contains: [inserted] },
      { scope: "string", begin: /'/, end: /'/, contains: [hljs.BACKSLASH_ESCAPE] },
      { scope: "string", begin: /"/, end: /"/, contains: [hljs.BACKSLASH_ESCAPE, inserted] },
      variable,
      ...declared("class|interface|trait|enum|extends|implements|new|instanceof", "function|fn"),
      call(
        "if while for foreach switch match catch function fn array isset empty list unset exit die echo return and " +
          "or use",
      ),
      hljs.C_NUMBER_MODE,
    ],
  };
}

/** @param {HLJSApi} hljs @returns {Language} */
export function swift(hljs) {
  /** @type {Mode} */
  const inserted = { scope: "subst", begin: /\\\(/, end: /\)/ };
  inserted.contains = [{ begin: /\(/, end: /\)/, contains: ["self"] }, hljs.C_NUMBER_MODE];
  return {
    name: "Swift",
    keywords: {
      $pattern: /[#@]?[A-Za-z_]\w*/,
      keyword:
        "actor any as associatedtype async await borrowing break case catch class consuming continue convenience " +
        "default defer deinit didSet do dynamic each else enum extension fallthrough fileprivate final for func " +
        "get guard if import in indirect infix init inout internal is isolated lazy let macro mutating " +
        "nonisolated nonmutating open operator optional override package postfix precedencegroup prefix private " +
        "protocol public repeat required rethrows return set some static struct subscript super switch throw " +
        "throws try typealias unowned var weak where while willSet #if #elseif #else #endif #available #selector " +
        "#keyPath",
      literal: "true false nil",
      "variable.language": "self Self",
    },
    contains: [
      hljs.C_LINE_COMMENT_MODE,
      hljs.COMMENT(/\/\*/, /\*\//, { contains: ["self"] }),
      { scope: "string", begin: /"""/, end: /"""/, contains: [hljs.BACKSLASH_ESCAPE, inserted].reverse() },
      { scope: "string", begin: /#"/, end: /"#/ },
      { scope: "string", begin: /"/, end: /"/, illegal: /\n/, contains: [inserted, hljs.BACKSLASH_ESCAPE] },
      { scope: "meta", begin: /@[A-Za-z_]\w*/ },
      ...declared("class|struct|enum|protocol|extension|actor|typealias", "func|macro"),
      call("if while for switch guard catch in return init func case let var as is where try await"),
      TYPE,
      { scope: "number", begin: /\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?)\b/i, relevance: 0 },
    ],
  };
}

/** @param {HLJSApi} hljs @returns {Language} C++, and C with it */
export function cpp(hljs) {
  return {
    name: "C++",
    keywords: {
      keyword:
        "alignas alignof and asm auto break case catch class co_await co_return co_yield concept const const_cast " +
        "consteval constexpr constinit continue decltype default delete do dynamic_cast else enum explicit export " +
        "extern final for friend goto if import inline module mutable namespace new noexcept not operator or " +
        "override private protected public register reinterpret_cast requires restrict return sizeof static " +
        "static_assert static_cast struct switch template thread_local throw try typedef typeid typename union " +
        "using virtual volatile while xor _Atomic _Generic _Static_assert",
      literal: "true false nullptr NULL",
      type:
        "bool char char8_t char16_t char32_t double float int long short signed unsigned void wchar_t size_t " +
        "ssize_t ptrdiff_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t " +
        "FILE",
      "variable.language": "this",
    },
    contains: [
      hljs.C_LINE_COMMENT_MODE,
      hljs.C_BLOCK_COMMENT_MODE,
      {
        scope: "meta",
        begin: /^[ \t]*#\s*[a-z]+/,
        end: /$/,
        contains: [
          { begin: /\\\n/ },
          { scope: "string", begin: /<[^>\n]*>|"[^"\n]*"/ },
          hljs.C_LINE_COMMENT_MODE,
          hljs.C_BLOCK_COMMENT_MODE,
        ],
      },
      hljs.END_SAME_AS_BEGIN({ scope: "string", begin: /R"([^()\s\\]{0,16})\(/, end: /\)([^()\s\\]{0,16})"/ }),
      { scope: "string", begin: /(?:u8|[uUL])?"/, end: /"/, illegal: /\n/, contains: [hljs.BACKSLASH_ESCAPE] },
      { scope: "string", begin: /\b[uUL]?'(?:\\.[^'\n]{0,8}|[^'\\\n])'/ },
      { scope: "string", begin: /'(?:\\.[^'\n]{0,8}|[^'\\\n])'/ },
      ...declared("class|struct|enum|union|namespace|concept|typename", "operator"),
      {
        scope: "number",
        begin: /\b(?:0[xX][\da-fA-F']+|0[bB][01']+|\d[\d']*(?:\.\d*)?(?:[eE][+-]?\d+)?)[uUlLfFzZ]*/,
        relevance: 0,
      },
      { scope: "type", begin: /\bstd::\w+/, relevance: 0 },
      call(
        "if while for switch catch return sizeof alignof decltype defined noexcept void int char bool double " +
          "float and or not throw operator static_cast dynamic_cast",
      ),
    ],
  };
}

/** @param {string} others words before a parenthesis that call nothing @returns {Mode} */
function call(others) {
  const begin = new RegExp(`\\b(?!(?:${others.replaceAll(" ", "|")})\\b)[A-Za-z_]\\w*(?=\\s*\\()`);
  return { scope: "title.function", begin, relevance: 0 };
}

/** @param {string} types @param {string} functions words after which a name follows @returns {Mode[]} */
function declared(types, functions) {
  return [
    { begin: [new RegExp(`\\b(?:${types})`), /\s+/, IDENTIFIER], beginScope: { 1: "keyword", 3: "title.class" } },
    {
      begin: [new RegExp(`\\b(?:${functions})`), /\s+/, IDENTIFIER],
      beginScope: { 1: "keyword", 3: "title.function" },
    },
  ];
}
