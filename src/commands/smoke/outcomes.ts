import { whyUnreachable } from "../support/address.ts";

/** A service did not do what it should. */
export class Unmet extends Error {
  override readonly name = "Unmet";

  /** @param what the thing checked, such as `GET http://…/ status` */
  constructor(
    what: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${what}: expected ${expected}, got ${got}`);
  }
}

/** Nothing came back from the address. */
export class Unreached extends Unmet {
  constructor(
    what: string,
    readonly reason: unknown,
  ) {
    super(what, "an answer", whyUnreachable(reason));
  }
}

/** An earlier check failed, so this one has nothing to work on. */
export class NotReached extends Error {
  override readonly name = "NotReached";
}
