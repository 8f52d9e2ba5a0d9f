/** Pages contain no script and load nothing from elsewhere. */
const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function pageHeaders(csp = CSP): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": csp,
    "referrer-policy": "no-referrer",
  };
}

/**
 * @param home relative path to the service's root: the page works at any address that a browser uses
 * @param body HTML, already escaped
 */
export function page(home: "" | "../", title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · todos</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${home}docs/page.css"></head>
<body class="page"><nav><a href="${home || "./"}">todos</a><a href="${home}docs">API</a><a href="${home}problems">Problems</a></nav>
<main>${body}</main></body></html>
`;
}

export function escapeHtml(text: string): string {
  return Bun.escapeHTML(text);
}
