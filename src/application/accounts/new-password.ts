import { passwordProblem } from "../../domain/account.ts";
import { refuse } from "../../domain/errors.ts";
import type { Passwords } from "./passwords.ts";

/** The hash of a password that somebody may have. @throws TodosError validation-failed, overloaded */
export async function newPasswordHash(
  passwords: Passwords,
  password: string,
  login: string,
): Promise<string> {
  await checkNewPassword(passwords, password, login);
  return passwords.hash(password);
}

/** @throws TodosError validation-failed */
export async function checkNewPassword(passwords: Passwords, password: string, login: string): Promise<void> {
  const detail = passwordProblem(password, login);
  if (detail !== undefined) refuse([{ pointer: "/password", detail }]);
  if (await passwords.isCommon(password))
    refuse([{ pointer: "/password", detail: "is a common password, and attackers try those first" }]);
}
