import { codedEtag, contentEtag } from "./kernel/etag.ts";
import type { Exchange } from "./kernel/exchange.ts";
import { codingFor } from "./kernel/finish.ts";
import { type Reply, reply } from "./kernel/reply.ts";

/** A file of a page. */
export interface Asset {
  readonly type: string;
  readonly etag: string;
  /** As compressed by the build, with gzip; absent if not worth it. */
  readonly packed?: Blob;
  whole(): string | Blob;
}

/**
 * A file that the build has compressed and put into the executable. Its answers share the same bytes.
 * @param name in the executable
 * @param fromSource the compressed file of a program that is run from source, which has nothing in it
 * @returns undefined if there is none
 */
export async function embeddedAsset(
  name: string,
  type: string,
  fromSource: () => Blob | Promise<Blob>,
): Promise<Asset | undefined> {
  const embedded = Bun.embeddedFiles.find((file) => "name" in file && file.name === name);
  const found = embedded ?? (Bun.embeddedFiles.length > 0 ? undefined : await fromSource());
  if (!found || !(await exists(found))) return undefined;
  const bytes = await found.bytes();
  let whole: Blob | undefined;
  return {
    type,
    etag: contentEtag(bytes),
    // Without its name, which Bun would tell the client.
    packed: new Blob([bytes]),
    // Hardly anyone asks for it: browsers take gzip.
    whole: () => {
      whole ??= new Blob([Bun.gunzipSync(bytes)]);
      return whole;
    },
  };
}

async function exists(file: Blob): Promise<boolean> {
  return "exists" in file && file.exists instanceof Function ? await file.exists() : true;
}

/** A file as the client wants it: compressed, where it takes that. */
export async function assetReply(
  x: Exchange,
  { packed, whole, type, etag }: Asset,
  cacheControl: string,
): Promise<Reply> {
  const headers = { vary: "Accept-Encoding", "cache-control": cacheControl, "content-type": type, etag };
  const coding = packed && codingFor(x.headers.get("accept-encoding") ?? "", ["gzip"]);
  if (!packed || !coding) return reply(200, headers, whole());
  return reply(200, { ...headers, etag: codedEtag(etag, coding), "content-encoding": coding }, packed);
}
