import { describe, expect } from "bun:test";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { authenticatorOf } from "../../support/authenticator.ts";
import { overhang } from "../../support/browser.ts";
import { localhost } from "../accounts/page.ts";
import { type AccountService, PASSWORD, startWithAccounts } from "../accounts/support.ts";
import { clean, go, SCRIPT, shown, signIn, twice } from "./people.ts";
import { comesTrueFromOutside, journey, type Person, PHONE, person, world } from "./support.ts";

describe("accounts on the page", () => {
  const here = world(() => startWithAccounts());

  journey("from the set-up code to the first task, to a name and out again, by keyboard alone", async () => {
    await using root = await person(here.browser, here.service.url);
    const { page } = root;
    await page.getByRole("heading", { name: "Welcome" }).waitFor();
    await clean(page, "set-up");
    await page.getByLabel("Set-up code").fill(await here.service.setUpCode());
    await page.getByLabel("Login").fill("root");
    await page.getByLabel("Password").fill("short");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "10" }).waitFor();
    expect(await page.getByLabel("Password").getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await addTask(page, "First of all");
    await go(page, "settings/account");
    await page.getByLabel("Name").fill("Root");
    await page.keyboard.press("Enter");
    await page.getByText("Saved.").waitFor();
    await clean(page, "account");
    await signOut(page, "Keep the copy");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await clean(page, "sign-in");
  });

  journey("a wrong password is explained; the right one shows what there was", async () => {
    await using root = await person(here.browser, here.service.url, { viewport: PHONE, colorScheme: "dark" });
    const { page } = root;
    await signIn(page, "root", "not the password");
    await page.getByText("The login or the password is wrong").waitFor();
    await clean(page, "sign-in-wrong");
    await signIn(page, "root");
    await page.getByText("First of all").first().waitFor();
    expect(await overhang(page)).toBeLessThanOrEqual(0);
  });

  journey("a passkey is added, signs in, and is removed", async () => {
    await using root = await person(here.browser, localhost(here.service));
    const { page } = root;
    await authenticatorOf(page);
    await signIn(page, "root");
    await shown(page);
    await go(page, "settings/security");
    await page.getByLabel("Name of the passkey").fill("Key");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("Key", { exact: true }).waitFor();
    await clean(page, "security");
    await signOut(page, "Keep the copy");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await shown(page);
    await go(page, "settings/security");
    await twice(page.getByRole("button", { name: "Remove Key" }), "Remove for good?");
    await page.getByText("Key", { exact: true }).waitFor({ state: "detached" });
  });

  journey("a second factor is switched on with an app, asked for, and switched off", async () => {
    await using root = await person(here.browser, here.service.url);
    const { page } = root;
    await signIn(page, "root");
    await shown(page);
    await go(page, "settings/security");
    await page.getByRole("button", { name: "Set up an app" }).click();
    const secret = (await page.locator("code.secret").innerText()).replaceAll(" ", "");
    const app = new TOTP({ secret: Secret.fromBase32(secret) });
    await page.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
    await clean(page, "second-factor");
    await page.getByLabel("Code from the app").fill(app.generate());
    await page.getByRole("button", { name: "Switch on" }).click();
    const codes = (await page.getByLabel("Recovery codes").inputValue()).split("\n");
    expect(codes).toHaveLength(10);
    await clean(page, "recovery-codes");
    await signOut(page, "Keep the copy");
    await signIn(page, "root");
    await page.getByLabel("Code", { exact: true }).fill(codes[0] ?? "");
    await clean(page, "code");
    await page.keyboard.press("Enter");
    await shown(page);
    await go(page, "settings/security");
    await page.getByText("9 recovery codes are left").waitFor();
    await twice(page.getByRole("button", { name: "Switch off" }), "Switch the second factor off?");
    await page.getByRole("button", { name: "Set up an app" }).waitFor();
  });

  journey("a token is shown once and revoked; another session is ended; the password changes", async () => {
    await using root = await person(here.browser, here.service.url);
    await using elsewhere = await person(here.browser, here.service.url);
    const { page } = root;
    await signIn(elsewhere.page, "root");
    await shown(elsewhere.page);
    await signIn(page, "root");
    await shown(page);
    await go(page, "settings/tokens");
    await page.getByLabel("What the token is for").fill(SCRIPT);
    await page.getByRole("button", { name: "Make a token" }).click();
    expect(await page.getByLabel("The new token").inputValue()).toStartWith("todos_");
    await clean(page, "tokens");
    await twice(page.getByRole("button", { name: `Revoke ${SCRIPT}` }), "Revoke for good?");
    await page.getByText(SCRIPT).waitFor({ state: "detached" });
    await go(page, "settings/sessions");
    await page.getByText("This browser").waitFor();
    await clean(page, "sessions");
    await go(page, "settings/security");
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.getByLabel("New password").fill(`${PASSWORD}!`);
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("You are signed out everywhere else").waitFor();
    await page.getByLabel("Current password").fill(`${PASSWORD}!`);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change the password" }).click();
    await elsewhere.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  journey("an admin makes a user, who comes by the link; locks the user out, and lets in again", async () => {
    await using root = await person(here.browser, here.service.url);
    await using ada = await person(here.browser, here.service.url);
    const { page } = root;
    await signIn(page, "root");
    await shown(page);
    const link = await newUser(page, "ada");
    await ada.page.goto(link);
    await ada.page.getByRole("heading", { name: "Welcome, ada" }).waitFor();
    await clean(ada.page, "link");
    await ada.page.getByLabel("Password").fill(PASSWORD);
    await ada.page.getByLabel("Name", { exact: true }).fill(SCRIPT);
    await ada.page.keyboard.press("Enter");
    await shown(ada.page);
    await go(page, "settings/account");
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await go(page, "settings/users");
    await page.getByText(SCRIPT).waitFor();
    await clean(page, "users");
    await page.getByRole("button", { name: "Change ada" }).click();
    await clean(page, "user");
    await page.getByRole("button", { name: "Lock out" }).click();
    await page.getByRole("button", { name: "Let in again" }).waitFor();
    await ada.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByRole("button", { name: "Let in again" }).click();
    await page.getByRole("button", { name: "Lock out" }).waitFor();
    await signIn(ada.page, "ada");
    await shown(ada.page);
    await ada.page.goto(link);
    await ada.page.getByRole("heading", { name: "This link no longer works" }).waitFor();
    await clean(ada.page, "ended");
    expect(await ada.page.title()).not.toBe("owned");
  });

  journey(
    "a token for one list reads that list and no other, and says so where tokens are listed",
    async () => {
      await using root = await person(here.browser, here.service.url);
      const { page } = root;
      await signIn(page, "root");
      await shown(page);
      await newList(page, "For the robot");
      await go(page, "settings/tokens");
      await page.getByLabel("What the token is for").fill("Robot");
      await page.getByLabel("Expires (optional)").fill("2040-12-24T18:00");
      await page.getByLabel("in some of them").check();
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByText("Choose at least one list.").waitFor();
      await page.getByLabel("For the robot", { exact: true }).check();
      await clean(page, "token-for-lists");
      await page.getByRole("button", { name: "Make a token" }).click();
      const secret = await page.getByLabel("The new token").inputValue();
      const about = page.getByRole("listitem").filter({ hasText: "Robot" }).locator("small");
      expect(await about.innerText()).toMatch(
        /^read · only in For the robot · Not used yet · Expires .*24.*2040/,
      );
      const authorization = `Bearer ${secret}`;
      const rows = (await here.service.nobody.get("/checklists", { authorization })).json();
      expect(rows._embedded).toMatchObject({ checklists: [{ name: "For the robot" }] });
      await page.reload();
      await page.getByText("only in For the robot").waitFor();
      expect(await page.getByLabel("The new token").count()).toBe(0);
    },
  );

  journey(
    "who forgot the password, or never came, gets a new link from an admin; the one before ends",
    async () => {
      await using root = await person(here.browser, here.service.url);
      await using eve = await person(here.browser, here.service.url);
      const { page } = root;
      await signIn(page, "root");
      await shown(page);
      const first = await newUser(page, "eve");
      const links: string[] = [];
      for (const password of [PASSWORD, `${PASSWORD} again`]) {
        await page.getByRole("button", { name: "Change eve" }).click();
        await page.getByRole("button", { name: "Make a new link" }).click();
        const link = await page.getByLabel("Link to choose a password").inputValue();
        await clean(page, "user-link");
        await page.keyboard.press("Escape");
        links.push(link);
        await eve.page.goto(first);
        await eve.page.getByRole("heading", { name: "This link no longer works" }).waitFor();
        await eve.page.goto(link);
        await eve.page.getByLabel("Password").fill(password);
        await eve.page.keyboard.press("Enter");
        await shown(eve.page);
      }
      expect(new Set([first, ...links]).size).toBe(3);
      await signOut(eve.page, "Wipe the copy");
      await signIn(eve.page, "eve", `${PASSWORD} again`);
      await shown(eve.page);
    },
  );

  journey("a removed user's lists go to the user whom the admin chooses, or nowhere", async () => {
    await using root = await person(here.browser, here.service.url);
    for (const [login, heir, isKept] of [
      ["mia", undefined, true],
      ["tom", "Nobody: delete them", false],
    ] as const) {
      await using gone = await invited(here, root, login);
      await newList(gone.page, `List of ${login}`);
      await gone.page.locator(".side .sync[data-kind=saved]").waitFor();
      const { page } = root;
      await go(page, "settings/users");
      await page.getByRole("button", { name: `Change ${login}` }).click();
      const choice = page.getByLabel("Who gets the lists");
      await choice.waitFor();
      if (heir !== undefined) await choice.selectOption({ label: heir });
      const sure = isKept ? "Remove the user for good?" : "Remove the user, and delete the lists?";
      await twice(page.getByRole("button", { name: "Remove the user" }), sure);
      await page.getByRole("button", { name: `Change ${login}` }).waitFor({ state: "detached" });
      await gone.page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.reload();
      await shown(page);
      const link = page.getByRole("link", { name: new RegExp(`List of ${login}`) });
      if (isKept) await link.waitFor();
      else expect(await link.count()).toBe(0);
      await signOut(page, "Keep the copy");
    }
  });

  journey("a list is shared with a member, who is invited and comes, works in it, and leaves", async () => {
    await using root = await person(here.browser, here.service.url);
    await using bob = await invited(here, root, "bob");
    const { page } = root;
    await newList(page, SCRIPT);
    await page.getByRole("button", { name: /^Share/ }).click();
    await page.getByLabel("Login of the person to invite").fill("bob");
    await page.getByRole("button", { name: "Invite", exact: true }).click();
    await page.getByText("If bob is a user here").waitFor();
    await clean(page, "share");
    await page.keyboard.press("Escape");
    await go(bob.page, "settings/invitations");
    await clean(bob.page, "invitations");
    await bob.page.getByRole("button", { name: `Accept the list ${SCRIPT}` }).click();
    await bob.page.getByRole("link", { name: SCRIPT }).click();
    await addTask(bob.page, "From Bob");
    await page.getByText("From Bob").first().waitFor();
    await bob.page.getByRole("button", { name: /^Share/ }).click();
    await clean(bob.page, "member");
    await twice(bob.page.getByRole("button", { name: "Leave the list" }), "Leave the list for good?");
    await bob.page.getByRole("link", { name: SCRIPT }).waitFor({ state: "detached" });
    expect([await page.title(), await bob.page.title()]).not.toContain("owned");
  });

  journey("a guest comes by a link, and is out the moment it is revoked, in an open page", async () => {
    await using root = await person(here.browser, here.service.url);
    await using guest = await person(here.browser, here.service.url, { path: undefined });
    const { page } = root;
    await signIn(page, "root");
    await shown(page);
    await newList(page, "For the neighbours");
    await addTask(page, "Water the plants");
    await page.getByRole("button", { name: /^Share/ }).click();
    await page.getByLabel("Name of the link").fill("Door");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = await page.getByLabel("The new link").inputValue();
    await guest.page.goto(link);
    await guest.page.getByText("You are here as a guest").waitFor();
    await guest.page.getByRole("heading", { name: "For the neighbours" }).waitFor();
    await guest.page.getByText("Water the plants").first().waitFor();
    for (const name of [/^Share/, /^Rename/, /trash$/, "New list"])
      expect([name, await guest.page.getByRole("button", { name }).count()]).toEqual([name, 0]);
    expect(await guest.page.getByLabel(/^Add a task/).count()).toBe(0);
    await clean(guest.page, "guest");
    await twice(page.getByRole("button", { name: "Revoke Door" }), "Revoke for good?");
    await guest.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await guest.page.getByText("Water the plants").count()).toBe(0);
    await guest.page.goto(link);
    await guest.page.getByRole("heading", { name: "This link no longer works" }).waitFor();
  });

  journey("a link that was just made stays to be copied while the one before it is revoked", async () => {
    await using root = await person(here.browser, here.service.url);
    const { page } = root;
    await signIn(page, "root");
    await shown(page);
    await newList(page, "Two doors");
    await page.getByRole("button", { name: /^Share/ }).click();
    const make = async (name: string) => {
      await page.getByLabel("Name of the link").fill(name);
      await page.getByRole("button", { name: "Make a link" }).click();
      await page.getByRole("button", { name: `Revoke ${name}` }).waitFor();
      return page.getByLabel("The new link").inputValue();
    };
    await make("Front");
    const link = await make("Back");
    await twice(page.getByRole("button", { name: "Revoke Front" }), "Revoke for good?");
    await page.getByRole("button", { name: "Revoke Front" }).waitFor({ state: "detached" });
    expect(await page.getByLabel("The new link").inputValue()).toBe(link);
    await twice(page.getByRole("button", { name: "Revoke Back" }), "Revoke for good?");
    await page.getByLabel("The new link").waitFor({ state: "detached" });
  });

  journey("signing out keeps the copy or wipes it, as the person says", async () => {
    await using root = await person(here.browser, here.service.url);
    const { page } = root;
    for (const [choice, isKept] of [
      ["Keep the copy", true],
      ["Wipe the copy", false],
    ] as const) {
      await signIn(page, "root");
      await shown(page);
      await signOut(page, choice);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect([choice, await copies(page)]).toEqual([choice, isKept ? 1 : 0]);
      // What was on the screen last is in no HTML that the browser keeps.
      await comesTrueFromOutside(
        page,
        "caches.match(location.origin + '/').then((kept) => kept.text()).then((html) => !html.includes('picture'))",
      );
    }
  });
});

describe("without accounts", () => {
  const here = world();

  journey("there is no trace of them: no sign-in, no sharing, nothing in the settings", async () => {
    await using anyone = await person(here.browser, here.service.url);
    const { page } = anyone;
    await shown(page);
    await newList(page, "Mine");
    await go(page, "settings");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await go(page, "settings/users");
    const words = /sign in|sign out|share|account|passkey|token|invitation/i;
    expect(await page.getByRole("button", { name: words }).count()).toBe(0);
    expect(await page.getByRole("link", { name: words }).count()).toBe(0);
    expect(await page.getByRole("navigation", { name: "Account" }).count()).toBe(0);
  });
});

async function signOut(page: Page, choice: string): Promise<void> {
  await go(page, "settings/account");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: choice }).click();
}

async function addTask(page: Page, text: string): Promise<void> {
  const field = page
    .locator("input, textarea")
    .and(page.getByLabel(/^Add a task/))
    .first();
  await field.fill(text);
  await field.press("Enter");
  await page.getByText(text).first().waitFor();
}

async function newList(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New list" }).click();
  await page.getByLabel("Name of the new list").fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function newUser(page: Page, login: string): Promise<string> {
  await go(page, "settings/users");
  await page.getByLabel("Login").fill(login);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  return page.getByLabel("Link for the new user").inputValue();
}

/** Another person, who has just chosen a password; the admin signs in for that. */
async function invited(
  here: { readonly browser: Parameters<typeof person>[0]; readonly service: AccountService },
  admin: Person,
  login: string,
): Promise<Person> {
  await signIn(admin.page, "root");
  await shown(admin.page);
  const link = await newUser(admin.page, login);
  const made = await person(here.browser, here.service.url, { path: undefined });
  await made.page.goto(link);
  await made.page.getByLabel("Password").fill(PASSWORD);
  await made.page.keyboard.press("Enter");
  await shown(made.page);
  return made;
}

/** How many people's copies the browser has. */
function copies(page: Page): Promise<number> {
  return page.evaluate(
    "indexedDB.databases().then((all) => all.filter(({ name }) => /^todos:.*:[0-9a-f-]{36}$/.test(name)).length)",
  );
}
