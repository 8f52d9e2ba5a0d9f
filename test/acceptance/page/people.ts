import { expect } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { PASSWORD } from "../accounts/support.ts";
import { accessProblems, picture } from "./support.ts";

/** A name that runs a script wherever it is taken for HTML. */
export const SCRIPT = `<img src=x onerror="document.title='owned'">'"&</script>`;

/** Nothing that axe finds, and a picture to look at. */
export async function clean(page: Page, name: string): Promise<void> {
  expect([name, ...(await accessProblems(page))]).toEqual([name]);
  await picture(page, `accounts-${name}`);
}

export async function signIn(page: Page, login: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Tasks are shown, or where they will be. */
export function shown(page: Page): Promise<void> {
  return page.getByRole("navigation", { name: "Lists and views" }).waitFor();
}

export async function go(page: Page, where: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${where}"`);
}

/** A button that asks once more. */
export async function twice(button: Locator, sure: string): Promise<void> {
  await button.click();
  await button.page().getByRole("button", { name: sure }).click();
}
