/** What the HTML of a page loads. */
export interface Shell {
  readonly name: string;
  /** Names of modules: the entry point, then what it imports. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** Name of a script that runs while the HTML is read. */
  readonly early?: string;
  /** Name of the styles that the first part that needs them loads. */
  readonly later: string;
  readonly icon: string;
  readonly touchIcon: string;
}

/**
 * The HTML of a page. Its addresses are relative, so that it works at any address that a browser uses; `start` tells the
 * scripts where the service's root is.
 */
export function pageHtml({ scripts, styles, early, later, icon, touchIcon }: Shell): string {
  const [entry = "", ...imported] = scripts;
  const head = [
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
  const body = ['<div id="app"></div>'];
  if (early !== undefined) {
    // Nothing is drawn before it has run: an empty page would be drawn first.
    head.push('<link rel="expect" href="#app" blocking="render">');
    body.unshift(`<script src="page/${early}"></script>`);
  }
  // Asked for after what the first picture needs.
  body.push(
    `<script type="module" src="page/${entry}"></script>`,
    ...imported.map((name) => `<link rel="modulepreload" href="page/${name}">`),
    '<noscript>This page needs JavaScript. The <a href="docs">API</a> does not.</noscript>',
  );
  return `<!doctype html>
<html lang="en"><head>${head.join("\n")}</head>
<body>${body.join("\n")}</body></html>
`;
}
