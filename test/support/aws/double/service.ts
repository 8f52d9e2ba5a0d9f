import type { Call } from "./calls.ts";
import type { Fields } from "./fields.ts";

/** What a service's action receives in addition to its input. */
export interface CallContext {
  readonly call: Call;
  /** The caller's ARN. */
  readonly principal: string;
  /** The double's address, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Whether to hide what was just created. */
  readonly isUnseen: boolean;
}

/** @throws AwsError if the service refuses. Names in input and output are those on the wire. */
export type Action = (input: Fields, context: CallContext) => Fields | Promise<Fields>;
export type Actions = Readonly<Record<string, Action>>;
