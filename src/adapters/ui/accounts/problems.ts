import { ApiError } from "../api/api-error.ts";
import { t } from "../text/text.ts";

const KNOWN = [
  "unauthenticated",
  "second-factor-required",
  "too-many-requests",
  "provider-unavailable",
  "unreachable",
  "not-found",
  "forbidden",
  "read-only",
] as const;
const MS_PER_SECOND = 1_000;

/** Why something was refused, for a person. What has no text of its own comes in the service's words. */
export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const { code, detail, title, retryAfterMs = MS_PER_SECOND } = error.problem;
  const known = KNOWN.find((name) => name === code);
  const seconds = Math.ceil(retryAfterMs / MS_PER_SECOND);
  return known === undefined ? (detail ?? title) : t(`accounts.problem.${known}`, { count: seconds });
}

/** As {@link problemText}, where only the name of a problem is known. */
export function problemNamed(code: string): string {
  const known = KNOWN.find((name) => name === code);
  return t(`accounts.problem.${known ?? "other"}`, { count: 1 });
}

/** What is wrong with single members of what was sent, by name. */
export function fieldProblems(error: unknown): ReadonlyMap<string, string> {
  const errors = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return new Map(errors.map(({ pointer, detail }) => [pointer.split("/").at(-1) ?? "", detail]));
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
