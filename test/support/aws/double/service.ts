import type { Call } from "./calls.ts";
import type { Fields } from "./fields.ts";

/** What a service's action is told beside its input. */
export interface CallContext {
  readonly call: Call;
  /** Who asks: an ARN. */
  readonly principal: string;
  /** Where requests reach the double, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Plays that what was made just now is not to be seen yet. */
  readonly isUnseen: boolean;
}

/** @throws AwsError for what the service refuses. Names in input and output are the wire's. */
export type Action = (input: Fields, context: CallContext) => Fields | Promise<Fields>;
export type Actions = Readonly<Record<string, Action>>;
