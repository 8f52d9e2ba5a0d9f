/** What the HTML of a page loads. */
export interface Shell {
  readonly name: string;
  /** Names of modules: the entry point, then what it imports. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** Name of the styles that the first part that needs them loads. */
  readonly later: string;
  readonly icon: string;
  readonly touchIcon: string;
}

/**
 * The HTML of a page. Its addresses are relative, so that it works at any address that a browser uses; `start` tells the
 * scripts where the service's root is.
 */
export function pageHtml(shell: Shell): string {
  const [entry = "", ...imported] = shell.scripts;
  const script = `<script type="module" src="page/${entry}"></script>`;
  return html('lang="en"', head(shell), [APP, script, ...imported.map(preload), NO_SCRIPT]);
}

/**
 * The same with places for what it showed last, see `picture/inlined.ts`. Nothing is drawn before all of that has been
 * read. The page's scripts are asked for at once, and run after the first frame.
 * @param early name of the script that decides whether it may be seen, and runs the others
 */
export function picturedHtml(shell: Shell, early: string): string {
  const data = ["copy", "hash", "styles"].map((name) => `data-${name}="{{${name}}}"`);
  return html(
    'lang="{{language}}" dir="{{direction}}" data-theme="{{theme}}"',
    [
      ...head(shell),
      '<link rel="expect" href="#app" blocking="render">',
      `<script src="page/${early}" ${data.join(" ")} data-scripts="${shell.scripts.join(" ")}"></script>`,
    ],
    // It can be seen, and nothing else: neither keys nor a screen reader get into it.
    [
      '<div id="picture" inert aria-hidden="true">{{html}}</div>',
      APP,
      ...shell.scripts.map(preload),
      NO_SCRIPT,
    ],
  );
}

const APP = '<div id="app"></div>';
const NO_SCRIPT = '<noscript>This page needs JavaScript. The <a href="docs">API</a> does not.</noscript>';

function preload(name: string): string {
  return `<link rel="modulepreload" href="page/${name}">`;
}

function head({ styles, later, icon, touchIcon }: Shell): readonly string[] {
  return [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
    '<meta name="color-scheme" content="light dark">',
    "<title>todos</title>",
    '<link rel="start" href="./">',
    ...styles.map((name) => `<link rel="stylesheet" href="page/${name}">`),
    `<link rel="later" href="page/${later}">`,
    `<link rel="icon" href="page/${icon}" type="image/svg+xml">`,
    `<link rel="apple-touch-icon" href="page/${touchIcon}">`,
    '<link rel="manifest" href="manifest.webmanifest">',
  ];
}

function html(attributes: string, head: readonly string[], body: readonly string[]): string {
  return `<!doctype html>
<html ${attributes}><head>${head.join("\n")}</head>
<body>${body.join("\n")}</body></html>
`;
}
