import { TodosError } from "../../../domain/errors.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { contentType, HAL, HAL_FORMS, JSON_TYPE, MERGE_PATCH } from "../kernel/media.ts";
import { parseJson } from "./json.ts";

/** Largest request body, bytes. */
export const BODY_BYTES_MAX = 256 * 1024;

/** A client may send back what GET returned under the same type. */
export const BODY_TYPES = [JSON_TYPE, HAL, HAL_FORMS] as const;
export const PATCH_TYPES = [MERGE_PATCH, JSON_TYPE, HAL_FORMS] as const;

export interface JsonBody {
  readonly value: unknown;
  /** The body, decoded. */
  readonly text: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @param types media types the resource accepts
 * @throws TodosError unsupported-media-type, content-too-large, request-timeout, malformed-request, too-many-requests,
 * overloaded
 */
export async function readJson(x: Exchange, types: readonly string[]): Promise<JsonBody> {
  checkType(x.headers, types);
  return parse(await readBytes(x));
}

/** A body that means nothing, so that the same request can be told from another one. @throws as {@link readJson} */
export async function readBytes(x: Exchange): Promise<Uint8Array> {
  const { headers, request } = x;
  x.bodyUnread = true;
  const declared = Number(headers.get("content-length") ?? 0);
  if (declared > BODY_BYTES_MAX) throw tooLarge();
  const bounded = headers.has("transfer-encoding");
  const bytes = await x.receive(bounded ? readBounded(request) : request.bytes(), brokenOff);
  x.bodyUnread = false;
  return bytes;
}

function brokenOff(error: unknown): unknown {
  if (error instanceof TodosError) return error;
  return new TodosError("malformed-request", "The body ended early.", { cause: error });
}

function checkType(headers: Headers, types: readonly string[]): void {
  const header = headers.get("content-type");
  if (header === null) throw unsupported("Content-Type is missing", types);
  const given = contentType(header);
  if (!given || !types.includes(given.essence))
    throw unsupported("This Content-Type is not supported", types);
  if (given.charset !== undefined && given.charset !== "utf-8" && given.charset !== "utf8") {
    throw unsupported("This charset is not supported; JSON is always UTF-8", types);
  }
  const coding = headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity") {
    throw unsupported("Compressed request bodies are not supported", types);
  }
}

function unsupported(why: string, types: readonly string[]): TodosError {
  return new TodosError("unsupported-media-type", `${why}. Send ${types.join(" or ")}.`);
}

function tooLarge(): TodosError {
  return new TodosError("content-too-large", `The body is larger than ${BODY_BYTES_MAX / 1024} KiB.`);
}

/** Reads a body of unknown length up to the limit. */
async function readBounded(request: Request): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array): JsonBody {
  if (bytes.byteLength === 0)
    throw new TodosError("malformed-request", "The body is missing. Send a JSON object.");
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new TodosError("malformed-request", "The body is not UTF-8.", { cause });
  }
  return { value: parseJson(text), text };
}
