import { PASSKEYS_PER_USER_MAX } from "../../../../application/accounts/passkey-sign-in.ts";
import { IDENTITY_LINK, PASSKEY_CREATE, TOTP_CONFIRM } from "../../accounts/schemas.ts";
import { whole, yes } from "./accounts.ts";
import { answer, LOCATION } from "./answers.ts";
import { type JsonSchema, list, object, ref, text, URL_CHARS_MAX } from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import { away, BODY_PROBLEMS, documented, gone, HAL_TYPES, READ_PROBLEMS, shown } from "./documented.ts";
import { templates } from "./forms.ts";
import { type Documented, parameter } from "./operations.ts";
import { body, links, time } from "./schemas.ts";

const PASSKEY_ID = { type: "string", minLength: 1, maxLength: 1_400, pattern: "^[A-Za-z0-9_-]+$" };
const IDENTITY_ID = { type: "string", minLength: 64, maxLength: 64, pattern: "^[0-9a-f]+$" };
const IDENTITIES_MAX = 100;
const RECOVERY_CODES = 10;
const id = (schema: JsonSchema) => [parameter("path", "id", "ID", schema, true)];

const OPERATIONS: readonly Documented[] = [
  documented({
    id: "passkeyRequestOptions",
    at: "POST /sessions/passkey-options",
    summary: "What a browser needs to sign in with a passkey",
    description:
      "For `PublicKeyCredential.parseRequestOptionsFromJSON()`. Send what the browser gives as `passkey` to `/sessions`, within 5 minutes, once.",
    answers: shown("PasskeyOptions"),
    statuses: [403, ...READ_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "passkeyCreationOptions",
    at: "POST /passkeys/options",
    summary: "What a browser needs to make a passkey",
    description:
      "For `PublicKeyCredential.parseCreationOptionsFromJSON()`. Needs a session that began in the last 15 minutes.",
    answers: shown("PasskeyOptions"),
    statuses: [409, ...READ_PROBLEMS],
  }),
  documented({
    id: "listPasskeys",
    at: "GET /passkeys",
    summary: "My passkeys",
    description: "They sign in without a login or a password.",
    answers: shown("Passkeys"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "addPasskey",
    at: "POST /passkeys",
    summary: "Register a passkey",
    description: "With what the browser made of the options.",
    takes: "PasskeyCreate",
    answers: { 201: answer("Registered", HAL_TYPES, ref("Passkey"), LOCATION) },
    statuses: [409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "removePasskey",
    at: "DELETE /passkeys/{id}",
    summary: "Remove a passkey",
    description: "It stops working at once.",
    parameters: id(PASSKEY_ID),
    answers: gone("Removed"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "getTotp",
    at: "GET /me/totp",
    summary: "Whether a second factor is on",
    description: "It is asked for after the password, and after a sign-in at the OpenID provider.",
    answers: shown("Totp"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "beginTotp",
    at: "POST /me/totp",
    summary: "Get a secret for an authenticator app",
    description:
      "It takes effect once a code from it has been sent back. Needs a session that began in the last 15 minutes.",
    answers: { 201: answer("Created", HAL_TYPES, ref("TotpSecret"), LOCATION) },
    statuses: [409, ...READ_PROBLEMS],
  }),
  documented({
    id: "confirmTotp",
    at: "PUT /me/totp",
    summary: "Switch the second factor on",
    description: "Only this answer contains the recovery codes. Each works once.",
    takes: "TotpConfirm",
    answers: shown("RecoveryCodes"),
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "removeTotp",
    at: "DELETE /me/totp",
    summary: "Switch the second factor off",
    description: "Needs a session that began in the last 15 minutes.",
    answers: gone("Off"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "signInAtProvider",
    at: "GET /sessions/oidc",
    summary: "Sign in at the OpenID provider",
    description: "For a browser to follow. 404 where the service has none.",
    parameters: [
      parameter("query", "return", "Path of the service to come back to", {
        type: "string",
        pattern: "^/(?!/)",
        maxLength: 2_048,
        default: "/",
      }),
    ],
    answers: away("Go there"),
    statuses: [404, ...READ_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "comeBackFromProvider",
    at: "GET /sessions/oidc/callback",
    summary: "Where the OpenID provider sends a browser back to",
    description:
      "Sets a session cookie. For a user with a second factor, sets a cookie with which POST /sessions takes the code alone.",
    answers: away("Go there, or to the page, which says what went wrong"),
    statuses: [401, 404, 409, ...READ_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "listIdentities",
    at: "GET /me/identities",
    summary: "My identities at the OpenID provider",
    description: "404 where the service has none.",
    answers: shown("Identities"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "linkIdentity",
    at: "POST /me/identities",
    summary: "Also sign in at the OpenID provider from now on",
    description: "Send the browser to `url`. Needs a session that began in the last 15 minutes.",
    takes: "IdentityLink",
    answers: shown("Departure"),
    statuses: [404, ...BODY_PROBLEMS],
  }),
  documented({
    id: "unlinkIdentity",
    at: "DELETE /me/identities/{id}",
    summary: "Stop signing in with that identity",
    description: "409 for the only way in. Needs a session that began in the last 15 minutes.",
    parameters: id(IDENTITY_ID),
    answers: gone("Removed"),
    statuses: [404, 409, ...READ_PROBLEMS],
  }),
];

const oneOf = links("self", "collection");
const times = { createdAt: time("When it was made"), lastUsedAt: time("When it was last used") };
const totpLinks = links("self", "me");
const code = text("A recovery code", 19, { pattern: "^[a-z2-7-]+$" });
const url = text("Where to send the browser", URL_CHARS_MAX, { format: "uri" });
/** As WebAuthn writes them; the browser reads them. */
const options: JsonSchema = { type: "object", description: "Options in the form of WebAuthn" };

export const waysInDocumentation: Documentation = {
  tag: { name: "ways in", description: "Passkeys, a second factor, and an OpenID provider" },
  relations: [],
  templated: [],
  operations: () =>
    OPERATIONS.map((each) => ({ ...each, operation: { ...each.operation, tags: ["ways in"] } })),
  schemas: {
    PasskeyCreate: body(PASSKEY_CREATE),
    TotpConfirm: body(TOTP_CONFIRM),
    IdentityLink: body(IDENTITY_LINK),
    PasskeyOptions: options,
    Passkey: object(
      {
        id: PASSKEY_ID,
        name: text("What its user calls it", 200),
        transports: list(text("How a browser reaches it", 20), 10),
        backedUp: yes("Whether it lives in more than one place"),
        ...times,
        _links: oneOf,
        _templates: templates,
      },
      ["id", "name", "transports", "backedUp", "createdAt", "_links"],
    ),
    Passkeys: whole("passkeys", "Passkey", PASSKEYS_PER_USER_MAX),
    Totp: object(
      {
        enabled: yes("Whether it is on"),
        recoveryCodesLeft: { type: "integer", format: "int32", minimum: 0, maximum: RECOVERY_CODES },
        _links: totpLinks,
        _templates: templates,
      },
      ["enabled", "recoveryCodesLeft", "_links"],
    ),
    TotpSecret: object(
      {
        secret: text("For typing, in base 32", 32, { pattern: "^[A-Z2-7]+$" }),
        url: text("For a QR code", URL_CHARS_MAX, { format: "uri" }),
        _links: totpLinks,
      },
      ["secret", "url", "_links"],
    ),
    RecoveryCodes: object(
      { enabled: yes("It is on"), recoveryCodes: list(code, RECOVERY_CODES), _links: totpLinks },
      ["enabled", "recoveryCodes", "_links"],
    ),
    Identity: object(
      {
        id: IDENTITY_ID,
        issuer: text("The provider", URL_CHARS_MAX),
        subject: text("Who one is there", 1_000),
        ...times,
        _links: oneOf,
        _templates: templates,
      },
      ["id", "issuer", "subject", "createdAt", "_links"],
    ),
    Identities: whole("identities", "Identity", IDENTITIES_MAX),
    Departure: object({ url, _links: links("collection") }, ["url", "_links"]),
  },
};
