import type { Awaitable, Slice } from "../../../application/ports.ts";
import { TodosError } from "../../../domain/errors.ts";
import { contentEtag, rowEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HAL, HAL_FORMS, HTML, JSON_TYPE, NDJSON, Offers } from "../kernel/media.ts";
import { encodeCursor, type Order, type Paging } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import { link } from "./representations.ts";

export const RESOURCE_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS]);
export const COLLECTION_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS, NDJSON]);
export const ROOT_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS, HTML]);

/** Rows read at a time for a stream: enough to make reads cheap, few enough to hold in memory per client. */
export const STREAM_ROWS_PER_READ = 200;

/** Answers that depend on Accept, and that a cache must revalidate. */
export const NEGOTIATED = { vary: "Accept, Accept-Encoding", "cache-control": "no-cache" } as const;

/**
 * One row in the requested representation, with the ETag of its version.
 * @param object the representation
 * @param templates for HAL-FORMS
 */
export function rowReply(
  { base, mediaType, services }: Exchange,
  version: number,
  object: object,
  templates: () => object,
): Reply {
  const body = mediaType === HAL_FORMS ? { ...object, _templates: templates() } : object;
  return reply(
    200,
    {
      "content-type": mediaType,
      etag: rowEtag(version, services.epoch, base.variant(mediaType)),
      vary: NEGOTIATED.vary,
      "cache-control": NEGOTIATED["cache-control"],
    },
    JSON.stringify(body),
  );
}

interface Listing<T> {
  /** Absolute URL of the collection with its filters but without `size` and `after`. */
  readonly url: string;
  readonly paging: Paging;
  readonly sizeGiven: boolean;
  /** Its order; absent: by id. */
  readonly order?: Order;
  /** Makes a cursor of a key; absent: by the order. */
  readonly cursorOf?: (key: string) => string;
  readonly slice: Slice<T>;
  /** Name under `_embedded`. */
  readonly name: string;
  readonly represent: (row: T) => object;
  readonly templates: () => object;
}

/** Clients and proxies refuse answers with longer heads. */
export const LINK_HEADER_CHARS_MAX = 4_096;

/** One page of a collection, with links to itself, the first and the next. */
export function pageReply<T>(exchange: Exchange, listing: Listing<T>): Reply {
  const { paging, slice, url, cursorOf = (key: string) => encodeCursor(key, listing.order) } = listing;
  const at = (after: string | undefined) =>
    pageUrl(url, listing.sizeGiven ? paging.size : undefined, after && cursorOf(after));
  const links = {
    self: link(at(paging.after)),
    first: link(at(undefined)),
    ...(slice.next === undefined ? {} : { next: link(at(slice.next)) }),
  };
  const body = JSON.stringify({
    _embedded: { [listing.name]: slice.items.map(listing.represent) },
    _links: links,
    ...(exchange.mediaType === HAL_FORMS ? { _templates: listing.templates() } : {}),
  });
  const header = Object.entries(links)
    .map(([rel, { href }]) => `<${href}>; rel="${rel}"`)
    .join(", ");
  return reply(
    200,
    {
      ...NEGOTIATED,
      "content-type": exchange.mediaType,
      etag: contentEtag(exchange.base.variant(exchange.mediaType) + body),
      ...(header.length > LINK_HEADER_CHARS_MAX ? {} : { link: header }),
    },
    body,
  );
}

function pageUrl(url: string, size: number | undefined, cursor: string | undefined): string {
  const query = [
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(cursor === undefined ? [] : [`after=${cursor}`]),
  ];
  if (query.length === 0) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${query.join("&")}`;
}

const encoder = new TextEncoder();

/**
 * All rows from a position on, one representation per line. Rows are read as the client takes them, and
 * nothing is held open in the store between two reads. A failure midway breaks the connection: a proper end
 * would tell the client that this was all.
 */
export function streamReply<T>(
  exchange: Exchange,
  first: Slice<T>,
  read: (after: string) => Awaitable<Slice<T> | undefined>,
  represent: (row: T) => object,
): Reply {
  const rows = rowsFrom(first, read);
  const lines = (items: readonly T[]) => items.map((row) => `${JSON.stringify(represent(row))}\n`).join("");
  let clientGone = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await rows.next();
          if (clientGone) return;
          if (done) controller.close();
          else controller.enqueue(encoder.encode(lines(value)));
        } catch (error) {
          exchange.services.log.warn("a stream broke off", { path: exchange.path, error });
          throw error;
        }
      },
      async cancel() {
        clientGone = true;
        await rows.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return reply(200, { vary: "Accept", "cache-control": "no-store", "content-type": NDJSON }, body);
}

async function* rowsFrom<T>(
  first: Slice<T>,
  read: (after: string) => Awaitable<Slice<T> | undefined>,
): AsyncGenerator<readonly T[], undefined, undefined> {
  let slice: Slice<T> | undefined = first;
  for (;;) {
    if (slice.items.length > 0) yield slice.items;
    if (slice.next === undefined) return undefined;
    // A store that answers at once would otherwise keep every other request waiting for the whole of a stream.
    await nextTurn();
    slice = await read(slice.next);
    if (!slice)
      throw new TodosError("not-found", "The checklist was deleted while its tasks were being streamed.");
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
