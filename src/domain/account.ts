import { codePoints, textProblem } from "./text.ts";

export const LOGIN_CHARS_MAX = 64;
/** Of a login as a client may write it; it is kept in lower case. */
export const LOGIN_PATTERN = `^[A-Za-z0-9._@+\\-]{1,${LOGIN_CHARS_MAX}}$`;
export const USER_NAME_CHARS_MAX = 200;
export const PASSWORD_CHARS_MIN = 10;
/** Longer ones would only cost time. */
export const PASSWORD_CHARS_MAX = 1_000;

const LOGIN = new RegExp(LOGIN_PATTERN);

/** A login in the form in which it is kept and compared, or undefined if it can't be one. */
export function loginOf(given: string): string | undefined {
  return LOGIN.test(given) ? given.toLowerCase() : undefined;
}

/** Why that can't be a login, or undefined if it can. */
export function loginProblem(given: string): string | undefined {
  if (LOGIN.test(given)) return undefined;
  return `must have 1 to ${LOGIN_CHARS_MAX} characters, each a letter from a to z, a digit, or one of . _ - @ +`;
}

/** Why that can't be the name of a user, or undefined if it can. */
export function userNameProblem(given: string): string | undefined {
  return textProblem(given, USER_NAME_CHARS_MAX);
}

/** One text for all the ways in which keyboards write the same characters. */
export function normalPassword(given: string): string {
  return given.normalize("NFKC");
}

/** What is wrong with the password itself; undefined if nothing is. */
export function passwordProblem(given: string, login: string): string | undefined {
  // Every code point has one or two units: a much too long one is not counted.
  if (given.length > 2 * PASSWORD_CHARS_MAX || codePoints(given) > PASSWORD_CHARS_MAX)
    return `must have at most ${PASSWORD_CHARS_MAX} characters`;
  if (!given.isWellFormed()) return "must not contain a lone surrogate (half of a UTF-16 pair)";
  const password = normalPassword(given);
  if (codePoints(password) < PASSWORD_CHARS_MIN) return `must have at least ${PASSWORD_CHARS_MIN} characters`;
  return password.toLowerCase() === login ? "must not be the login" : undefined;
}
