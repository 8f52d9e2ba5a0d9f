import { unreachable } from "./api-error.ts";

/** A stream that has said nothing for so long is dead: the service's beats every 15 s. */
const SILENCE_MS = 45_000;

/** One server-sent event; of a comment or a bare id only the id. */
export interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** Lines as they come, without their ends. @throws ApiError unreachable */
export async function* linesOf(response: Response): AsyncIterable<string> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await heard(reader.read());
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    // Already broken: that has been thrown.
    await reader.cancel().catch(() => undefined);
  }
}

/** Events as they come. @throws ApiError unreachable */
export async function* eventsOf(response: Response): AsyncIterable<ServerEvent> {
  let block: Record<string, string> = {};
  for await (const line of linesOf(response)) {
    if (line === "") {
      yield block;
      block = {};
    } else if (!line.startsWith(":")) {
      const colon = line.indexOf(":");
      block[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    }
  }
}

async function heard<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(new Error("the stream is silent"))), SILENCE_MS);
  });
  try {
    return await Promise.race([reading, silence]);
  } catch (error) {
    throw unreachable(error);
  } finally {
    clearTimeout(timer);
  }
}
