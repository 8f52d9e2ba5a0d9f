import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import type { Api, Resource, Template } from "../api/types.ts";

/** Browsers know passkeys over HTTPS, and on localhost, alone. */
export const knowsPasskeys = browserSupportsWebAuthn;

/** @param template of the root: where the options come from; their own form says where the answer goes */
export async function signInByPasskey(api: Api, template: Template): Promise<void> {
  const options = await optionsOf(api, template);
  const optionsJSON = options.resource as unknown as PublicKeyCredentialRequestOptionsJSON;
  await api.send(options.form, { passkey: await startAuthentication({ optionsJSON }) });
}

export async function addPasskey(api: Api, template: Template, name: string): Promise<void> {
  const options = await optionsOf(api, template);
  const optionsJSON = options.resource as unknown as PublicKeyCredentialCreationOptionsJSON;
  const passkey = await startRegistration({ optionsJSON });
  await api.send(options.form, { passkey, ...(name === "" ? {} : { name }) });
}

async function optionsOf(api: Api, template: Template): Promise<{ resource: Resource; form: Template }> {
  const { body } = await api.send(template);
  const form = body?._templates?.default;
  if (!body || !form) throw new Error("The service says nothing about passkeys.");
  return { resource: body, form };
}

/** The person closed the browser's dialog, or took too long: there is nothing to explain. */
export function wasGivenUp(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotAllowedError" || error.name === "AbortError");
}
