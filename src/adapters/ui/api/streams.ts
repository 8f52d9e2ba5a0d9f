import { unreachable } from "./api-error.ts";

/** A stream that has said nothing for so long is dead: the service's beats every 15 s. */
const SILENCE_MS = 45_000;

/** One server-sent event; of a comment or a bare id only the id. */
export interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/**
 * Lines as they come, without their ends.
 * @param end ends it at once, whatever becomes of the response. @throws ApiError unreachable
 */
export async function* linesOf(response: Response, end?: AbortSignal): AsyncIterable<string> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await heard(reader.read(), end);
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    // Already broken: that has been thrown. One that was cut off may never say that it has ended.
    void reader.cancel().catch(() => undefined);
  }
}

/** Events as they come. @param end as of {@link linesOf}. @throws ApiError unreachable */
export async function* eventsOf(response: Response, end?: AbortSignal): AsyncIterable<ServerEvent> {
  let block: Record<string, string> = {};
  for await (const line of linesOf(response, end)) {
    if (line === "") {
      yield block;
      block = {};
    } else if (!line.startsWith(":")) {
      const colon = line.indexOf(":");
      block[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    }
  }
}

async function heard<T>(reading: Promise<T>, end: AbortSignal | undefined): Promise<T> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  const cut = () => reject(new Error("it was cut off"));
  const timer = setTimeout(() => reject(new Error("the stream is silent")), SILENCE_MS);
  end?.addEventListener("abort", cut);
  if (end?.aborted) cut();
  try {
    return await Promise.race([reading, broken]);
  } catch (error) {
    throw unreachable(error);
  } finally {
    clearTimeout(timer);
    end?.removeEventListener("abort", cut);
  }
}
