import type { Awaitable, Slice } from "../../../application/ports.ts";
import { notFound } from "../../../application/written.ts";
import { TodosError } from "../../../domain/errors.ts";
import { contentEtag, rowEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HAL, HAL_FORMS, HTML, JSON_TYPE, NDJSON, Offers } from "../kernel/media.ts";
import { type Cursors, encodeCursor, paging, streamPosition } from "../kernel/query.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import { link } from "./representations.ts";

export const RESOURCE_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS]);
export const COLLECTION_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS, NDJSON]);
export const ROOT_OFFERS = new Offers([HAL, JSON_TYPE, HAL_FORMS, HTML]);

/** Rows read at a time for a stream: enough to make reads cheap, few enough to hold in memory per client. */
const STREAM_ROWS_PER_READ = 200;

/** Answers that depend on Accept, and that a cache must revalidate. */
export const NEGOTIATED = { vary: "Accept, Accept-Encoding", "cache-control": "no-cache" } as const;

/**
 * One row in the requested representation, with the ETag of its version.
 * @param json the representation: an object that is not empty
 * @param templates for HAL-FORMS
 * @param variant tells what is different for others, for the same version; in characters that an ETag may have
 */
export function rowReply(
  x: Exchange,
  version: number,
  json: string,
  templates: () => object,
  variant = "",
): Reply {
  const { base, mediaType, services } = x;
  const forms = mediaType === HAL_FORMS ? JSON.stringify(templates()) : "";
  // Others may be offered other forms for the same version.
  const offer = forms && services.callers ? `-${Bun.hash.wyhash(forms).toString(36)}` : "";
  return reply(
    200,
    {
      "content-type": mediaType,
      etag: rowEtag(version, services.epoch, base.variant(mediaType) + variant + offer),
      vary: NEGOTIATED.vary,
      "cache-control": NEGOTIATED["cache-control"],
    },
    forms === "" ? json : `${json.slice(0, -1)},"_templates":${forms}}`,
  );
}

interface Collection<T> {
  /** Absolute URL of the collection with its filters but without `size` and `after`. */
  readonly url: string;
  /** Default: by id. */
  readonly cursors?: Cursors;
  /** @returns undefined if the checklist that it belongs to does not exist */
  readonly read: (after: string | undefined, limit: number) => Awaitable<Slice<T> | undefined>;
  /** Name under `_embedded`. */
  readonly name: string;
  readonly represent: (row: T) => object;
  readonly templates: () => object;
}

/** Clients and proxies refuse answers with longer heads. */
export const LINK_HEADER_CHARS_MAX = 4_096;

/**
 * The rows of a collection: one page of them, or all as a stream, as the client wants.
 * @throws TodosError validation-failed, not-found
 */
export async function collectionReply<T>(exchange: Exchange, collection: Collection<T>): Promise<Reply> {
  const { query } = exchange;
  const { read, cursors } = collection;
  const slice = async (after: string | undefined, limit: number) => {
    const found = await exchange.stored(() => read(after, limit));
    if (!found) throw notFound("checklist");
    return found;
  };
  // The caller may lose its role, and its session may end, while the stream goes on.
  if (exchange.mediaType === NDJSON) {
    const first = await slice(streamPosition(query, cursors), STREAM_ROWS_PER_READ);
    const next = async (after: string) => {
      await exchange.recheck();
      return read(after, STREAM_ROWS_PER_READ);
    };
    return streamReply(exchange, first, next, collection.represent);
  }
  const { size, after } = paging(query, cursors);
  return pageReply(
    exchange,
    collection,
    after,
    await slice(after, size),
    query.has("size") ? size : undefined,
  );
}

/**
 * One page of a collection, with links to itself, the first and the next.
 * @param size as the client gave it
 */
function pageReply<T>(
  exchange: Exchange,
  { url, cursors, name, represent, templates }: Collection<T>,
  from: string | undefined,
  slice: Slice<T>,
  size: number | undefined,
): Reply {
  const at = (after: string | undefined) => pageUrl(url, size, after && encodeCursor(after, cursors));
  const links = {
    self: link(at(from)),
    first: link(at(undefined)),
    ...(slice.next === undefined ? {} : { next: link(at(slice.next)) }),
  };
  const body = JSON.stringify({
    _embedded: { [name]: slice.items.map(represent) },
    _links: links,
    ...(exchange.mediaType === HAL_FORMS ? { _templates: templates() } : {}),
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
function streamReply<T>(
  exchange: Exchange,
  first: Slice<T>,
  read: (after: string) => Awaitable<Slice<T> | undefined>,
  represent: (row: T) => object,
): Reply {
  const nextSlice = slicesFrom(first, read);
  let clientGone = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const slice = await nextSlice();
          if (clientGone) return;
          if (slice) controller.enqueue(encoder.encode(linesOf(slice.items, represent)));
          else controller.close();
        } catch (error) {
          exchange.services.log.warn("a stream broke off", { path: exchange.loggedPath, error });
          throw error;
        }
      },
      cancel() {
        clientGone = true;
      },
    },
    { highWaterMark: 0 },
  );
  return reply(200, { vary: "Accept", "cache-control": "no-store", "content-type": NDJSON }, body);
}

function linesOf<T>(rows: readonly T[], represent: (row: T) => object): string {
  return rows.map((row) => `${JSON.stringify(represent(row))}\n`).join("");
}

/**
 * Gives the slices that have rows, then undefined. Holds none that it has given: a client that does not read would keep
 * it in memory.
 */
function slicesFrom<T>(
  first: Slice<T>,
  read: (after: string) => Awaitable<Slice<T> | undefined>,
): () => Promise<Slice<T> | undefined> {
  let unread: Slice<T> | undefined = first;
  let after = first.next;
  return async () => {
    let slice = unread;
    unread = undefined;
    while (!slice?.items.length) {
      if (after === undefined) return undefined;
      // A store that answers at once would otherwise keep every other request waiting for the whole of a stream.
      await nextTurn();
      slice = await read(after);
      if (!slice)
        throw new TodosError("not-found", "The checklist was deleted while its tasks were being streamed.");
      after = slice.next;
    }
    return slice;
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
