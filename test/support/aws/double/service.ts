import type { Call } from "./calls.ts";
import type { Fields } from "./fields.ts";

/** What a service's action receives in addition to its input. */
export interface CallContext {
  readonly call: Call;
  /** Who asks: an ARN. */
  readonly principal: string;
  /** Where requests reach the double, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Hides what was just created. */
  readonly isUnseen: boolean;
}

/** @throws AwsError for what the service refuses. Names in input and output are the wire's. */
export type Action = (input: Fields, context: CallContext) => Fields | Promise<Fields>;
export type Actions = Readonly<Record<string, Action>>;
