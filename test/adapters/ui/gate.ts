/** Lets a test decide when a request goes out, and when its answer arrives. */
export class Gate {
  private readonly held: Held[] = [];

  /** In place of `fetch`. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const held = this.held.find((each) => !each.isTaken && each.matches(init.method ?? "GET", url));
    if (!held) return fetch(url, init);
    held.isTaken = true;
    held.asked.resolve();
    await held.mayAsk.promise;
    const response = await fetch(url, init);
    // All of it, so that it is what the service had at this time.
    const body = response.status === 204 || response.status === 304 ? null : await response.text();
    held.answered.resolve(response.status);
    await held.mayArrive.promise;
    return new Response(body, { status: response.status, headers: response.headers });
  };

  /** Holds the next request that matches: its answer, or already the request. */
  hold(matches: Held["matches"], what: "answer" | "request" = "answer"): Held {
    const held = new Held(matches);
    if (what === "answer") held.send();
    this.held.push(held);
    return held;
  }
}

class Held {
  isTaken = false;
  /** It was made by the page. */
  readonly asked = Promise.withResolvers<void>();
  readonly mayAsk = Promise.withResolvers<void>();
  /** The service has answered, with this status. */
  readonly answered = Promise.withResolvers<number>();
  readonly mayArrive = Promise.withResolvers<void>();

  constructor(readonly matches: (method: string, url: string) => boolean) {}

  send(): void {
    this.mayAsk.resolve();
  }

  arrive(): void {
    this.mayAsk.resolve();
    this.mayArrive.resolve();
  }
}

/** The same answer, with something done before each piece of its body is passed on. @param before false keeps it back */
export function tapped(
  answer: Response,
  before: (piece: string) => boolean | undefined | Promise<boolean | undefined>,
): Response {
  if (!answer.body) return answer;
  const decoder = new TextDecoder();
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform: async (piece, controller) => {
      if ((await before(decoder.decode(piece))) !== false) controller.enqueue(piece);
    },
  });
  return new Response(answer.body.pipeThrough(tap), { status: answer.status, headers: answer.headers });
}
