import type { Page } from "playwright-core";

/** Options of `WebAuthn.addVirtualAuthenticator` in the Chrome DevTools Protocol. */
const PHONE = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

/** Chromium's own authenticator, without a device. */
export interface Authenticator {
  credentials(): Promise<readonly { readonly credentialId: string; readonly signCount: number }[]>;
  /** Whether the person is recognized from now on: by finger, face or PIN. */
  recognize(person: boolean): Promise<void>;
}

/** Gives a page an authenticator. */
export async function authenticatorOf(page: Page): Promise<Authenticator> {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", { options: PHONE });
  return {
    credentials: async () => (await client.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    recognize: (isUserVerified) =>
      client.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }).then(() => undefined),
  };
}

/** What the page's browser answers to options as a server sends them, as JSON. */
export function created(page: Page, options: unknown): Promise<unknown> {
  return page.evaluate(`navigator.credentials
    .create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })
    .then((credential) => credential.toJSON())`);
}

export function got(page: Page, options: unknown): Promise<unknown> {
  return page.evaluate(`navigator.credentials
    .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) })
    .then((credential) => credential.toJSON())`);
}
