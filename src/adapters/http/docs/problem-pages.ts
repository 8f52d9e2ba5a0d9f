import { ERROR_CODES, type ErrorCode, TodosError } from "../../../domain/errors.ts";
import { NEGOTIATED } from "../api/pages.ts";
import { link } from "../api/representations.ts";
import { contentEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { escapeHtml, page, pageHeaders } from "../kernel/html.ts";
import { HAL, HTML, JSON_TYPE, Offers } from "../kernel/media.ts";
import { SHOWS } from "../kernel/operation.ts";
import { EXPLANATIONS, STATUS_OF } from "../kernel/problems.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";

const OFFERS = new Offers([HTML, HAL, JSON_TYPE]);

/** The pages that the `type` of a problem links to. */
export const problemRoutes: readonly Route[] = [
  { path: "/problems", methods: { GET: { ...SHOWS, offers: OFFERS, handle: index } } },
  { path: "/problems/{code}", methods: { GET: { ...SHOWS, offers: OFFERS, handle: explain } } },
];

function index(x: Exchange): Reply {
  if (x.mediaType !== HTML) {
    const links = ERROR_CODES.map((code) => link(x.base.problem(code)));
    return answer(x, JSON.stringify({ _links: { self: link(x.base.at("/problems")), item: links } }));
  }
  const items = ERROR_CODES.map(
    (code) =>
      `<dt>${STATUS_OF[code]}</dt><dd><a href="problems/${code}">${EXPLANATIONS[code].title}</a></dd>`,
  );
  const about = "<p>Every error this service returns, what it means and what to do about it.</p>";
  return answer(x, page("", "Problems", `<h1>Problems</h1>${about}<dl>${items.join("")}</dl>`));
}

function explain(x: Exchange): Reply {
  const code = ERROR_CODES.find((known) => known === x.params.code);
  if (!code) throw new TodosError("not-found", "No such problem type.");
  return answer(x, x.mediaType === HTML ? explanationPage(x, code) : explanationJson(x, code));
}

function explanationJson(x: Exchange, code: ErrorCode): string {
  const type = x.base.problem(code);
  return JSON.stringify({
    type,
    status: STATUS_OF[code],
    ...EXPLANATIONS[code],
    _links: { self: link(type) },
  });
}

function explanationPage(x: Exchange, code: ErrorCode): string {
  const { title, meaning, remedy } = EXPLANATIONS[code];
  const type = `<code>${escapeHtml(x.base.problem(code))}</code>`;
  const body = `<h1>${title}</h1><p class="quiet">Status ${STATUS_OF[code]} · ${type}</p>
<h2>What it means</h2><p>${meaning}</p><h2>What to do</h2><p>${remedy}</p>`;
  return page("../", title, body);
}

function answer(x: Exchange, body: string): Reply {
  const headers = x.mediaType === HTML ? pageHeaders() : { "content-type": x.mediaType };
  return reply(200, { ...NEGOTIATED, ...headers, etag: contentEtag(x.mediaType + body) }, body);
}
