import { describe, expect, test } from "bun:test";
import type { ComponentChild, VNode } from "preact";
import { safeHref } from "../../../src/adapters/ui/markdown/inline.ts";
import { Markdown } from "../../../src/adapters/ui/markdown/markdown.tsx";

/** Elements as a browser would make them: what is a string becomes a text node, whatever is in it. */
function html(child: ComponentChild): string {
  if (child === null || child === undefined || typeof child === "boolean") return "";
  if (Array.isArray(child)) return child.map(html).join("");
  if (typeof child !== "object") return Bun.escapeHTML(String(child));
  const { type, props } = child as VNode<Record<string, unknown>>;
  if (typeof type !== "string") throw new Error("only elements are expected");
  const { children, ...attributes } = props;
  const written = Object.entries(attributes)
    .filter(([name]) => !["dir", "rel", "target", "tabIndex"].includes(name))
    .map(([name, value]) => ` ${name}="${Bun.escapeHTML(String(value))}"`);
  return `<${type}${written.join("")}>${html(children as ComponentChild)}</${type}>`;
}

function rendered(text: string): string {
  return html(Markdown({ text })).replace(/^<div class="markdown">|<\/div>$/g, "");
}

const MARKDOWN: readonly (readonly [string, string])[] = [
  ["one\ntwo\n\nthree", "<p>one<br></br>two</p><p>three</p>"],
  ["# Title\ntext", "<h3>Title</h3><p>text</p>"],
  ["###### Deep", "<h6>Deep</h6>"],
  ["**bold** and *soft* and ~~gone~~", "<p><strong>bold</strong> and <em>soft</em> and <del>gone</del></p>"],
  ["**bold *both* bold**", "<p><strong>bold <em>both</em> bold</strong></p>"],
  ["snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"],
  ["\\*not soft\\* and `a *b* <c>`", "<p>*not soft* and <code>a *b* &lt;c&gt;</code></p>"],
  ["- a\n- b\n  - c\n\n  more", "<ul><li>a</li><li>b<ul><li>c</li></ul><p>more</p></li></ul>"],
  ["1. a\n2. b", '<ol start="1"><li>a</li><li>b</li></ol>'],
  ["3) a", '<ol start="3"><li>a</li></ol>'],
  ["- [ ] a\n- [x] b", "<ul><li><span>☐ </span>a</li><li><span>☑ </span>b</li></ul>"],
  ["> said\n> # so", "<blockquote><p>said</p><h3>so</h3></blockquote>"],
  ["```js\nif (a < b) {}\n```\nafter", "<pre><code>if (a &lt; b) {}</code></pre><p>after</p>"],
  ["a\n\n---\n\nb", "<p>a</p><hr></hr><p>b</p>"],
  ["[docs](https://example.org/a_b_(c))", '<p><a href="https://example.org/a_b_(c)">docs</a></p>'],
  [
    "see https://example.org/a?b=c.",
    '<p>see <a href="https://example.org/a?b=c">https://example.org/a?b=c</a>.</p>',
  ],
  ["<mailto:a@example.org>", '<p><a href="mailto:a@example.org">mailto:a@example.org</a></p>'],
  ["![a picture](https://example.org/a.png)", '<p><a href="https://example.org/a.png">a picture</a></p>'],
];

describe("a note's Markdown", () => {
  test.each(MARKDOWN)("%s", (text, expected) => {
    expect(rendered(text)).toBe(expected);
  });
});

/** Far more than it takes, for a busy machine; without bounds it takes minutes. */
const SHOWN_MS_MAX = 5_000;

/** What has been used against pages that show Markdown. None may become more than text, or a link that leads away. */
const ATTACKS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "<iframe srcdoc='<script>alert(1)</script>'>",
  "<a href='javascript:alert(1)'>x</a>",
  "<style>*{background:url(//example.org)}</style>",
  "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](  javascript:alert(1)  )",
  "[x](java\u0000script:alert(1))",
  "[x](java\nscript:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](javascript&colon;alert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "[x](file:///etc/passwd)",
  "[x](blob:https://example.org/1)",
  "[x](//example.org)",
  "[x](/trash)",
  "[x](../accounts)",
  '[x](https://example.org "onmouseover=alert(1))',
  '[x](https://example.org/"onmouseover="alert(1))',
  "[x](https://example.org/'><script>alert(1)</script>)",
  "![x](javascript:alert(1))",
  '![x"onerror="alert(1)](https://example.org/a.png)',
  "<javascript:alert(1)>",
  "<data:text/html,x>",
  "[a][b]\n\n[b]: javascript:alert(1)",
  "`<img src=x onerror=alert(1)>`",
  "```\n</code></pre><script>alert(1)</script>\n```",
  "# <img src=x onerror=alert(1)>",
  "- <img src=x onerror=alert(1)>",
  "> <img src=x onerror=alert(1)>",
  "[<img src=x onerror=alert(1)>](https://example.org)",
  "**<img src=x onerror=alert(1)>**",
  "\\<img src=x onerror=alert(1)>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

describe("an attack in a note is text", () => {
  const ELEMENTS = /<(?!\/?(?:p|h[3-6]|ul|ol|li|span|a|strong|em|del|code|pre|blockquote|br|hr)\b)/;
  test.each(ATTACKS)("%j", (text) => {
    const made = rendered(text);
    expect(made).not.toMatch(ELEMENTS);
    for (const [, name] of made.matchAll(/<\w+ ([\w-]+)=/g)) expect(["href", "start"]).toContain(name ?? "");
    for (const [, href] of made.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(?:https?|mailto|tel):/);
  });

  test("a link leads to the web, to a mail or to a telephone, and nowhere else", () => {
    for (const url of ["https://example.org/", "http://127.0.0.1/", "mailto:a@example.org", "tel:+49"])
      expect(safeHref(url)).toBe(url);
    for (const url of [
      "",
      "x",
      "/x",
      "#x",
      "javascript:1",
      " javascript:1",
      "about:blank",
      "filesystem:x",
      "data:,x",
    ])
      expect([url, safeHref(url)]).toEqual([url, undefined]);
  });

  test("a note of 10,000 characters made to be slow is shown at once", () => {
    for (const piece of [
      "**a ",
      "[",
      "[a](",
      "> ",
      "- ",
      "`",
      "~~a",
      "_a ",
      "<",
      "1. ",
      "    ",
      "\\",
      "![",
      "*a**b",
      "((",
      "#",
    ]) {
      const startedAt = performance.now();
      rendered(piece.repeat(10_000 / piece.length));
      expect([piece, performance.now() - startedAt < SHOWN_MS_MAX]).toEqual([piece, true]);
    }
  });
});
