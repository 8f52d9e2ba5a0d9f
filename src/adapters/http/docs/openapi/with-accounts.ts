import { accountsDocumentation, USERS_TAG } from "./accounts.ts";
import { problems } from "./answers.ts";
import type { Documentation } from "./documentation.ts";
import type { Documented } from "./operations.ts";
import { sharingDocumentation } from "./sharing.ts";
import { waysInDocumentation } from "./ways-in.ts";

/** What accounts add to the document. Loaded only with accounts. */
export const DOCUMENTATIONS: readonly Documentation[] = [
  accountsDocumentation,
  waysInDocumentation,
  sharingDocumentation,
];
export const TAGS = [USERS_TAG];
/** Of the root's links. */
export const ROOT_RELATIONS = ["sign-in", "sign-in-passkey", "sign-in-oidc", "set-up", "me", "sign-out"];

/** Follows what the document says of the service. */
export const DESCRIPTION = `

**Signing in.** A browser signs in at the top of \`/docs\`, or by \`POST /sessions\`, and sends its cookie from then on.
For a program, or to try a token here, press *Authorize* and enter an API token (\`todos_…\`): a request with a token does
not count as the cookie's.`;

/** Every operation needs one of them that does not say otherwise. */
export const SECURITY = { security: [{ token: [] }, { session: [] }] };
export const SCHEMES = {
  securitySchemes: {
    token: { type: "http", scheme: "bearer", description: "An API token, `todos_…`" },
    session: {
      type: "apiKey",
      in: "cookie",
      name: "__Host-todos",
      description: "Set when a browser signs in, and sent by the browser; named `todos` over plain HTTP",
    },
  },
};

/** Open to everybody, with accounts too. */
const OPEN = /^\/(?:$|docs|openapi\.json|problems|actuator\/health)/;
const REFUSALS: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(problems(401, 403)).filter(([status]) => status === "401" || status === "403"),
);

/** The operation with what callers get who may not do it. */
export function guarded({ operation, ...documented }: Documented): Documented {
  if (OPEN.test(documented.path) || "security" in operation)
    return { ...documented, operation: { security: [], ...operation } };
  const responses: unknown = operation.responses;
  return { ...documented, operation: { ...operation, responses: { ...REFUSALS, ...Object(responses) } } };
}
