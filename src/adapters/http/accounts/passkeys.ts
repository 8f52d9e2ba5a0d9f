import { CHALLENGE_KEPT_MS } from "../../../application/accounts/passkey-sign-in.ts";
import type { RelyingParty } from "../../../application/accounts/ports.ts";
import type { SignedIn } from "../../../application/accounts/sessions.ts";
import { notFound } from "../../../application/written.ts";
import { BODY_TYPES, readJson } from "../api/body.ts";
import { textOf, validated } from "../api/fields.ts";
import { offered, template } from "../api/forms.ts";
import { RESOURCE_OFFERS } from "../api/pages.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { accountsOf, originOf, userOf } from "./exchange.ts";
import { privateReply, wholeCollection, withForms } from "./replies.ts";
import { passkeyObject } from "./representations.ts";
import { PASSKEY_CREATE, PASSKEY_SIGN_IN } from "./schemas.ts";

const CHANGES = { right: "credentials", rate: "write", query: [] } as const;

export const passkeyRoutes: readonly Route[] = [
  {
    path: "/sessions/passkey-options",
    methods: {
      POST: { right: "sign-in", rate: "write", offers: RESOURCE_OFFERS, query: [], handle: requestOptions },
    },
  },
  {
    path: "/passkeys",
    methods: {
      GET: { right: "signed-in", rate: "read", offers: RESOURCE_OFFERS, query: [], handle: list },
      POST: { ...CHANGES, offers: RESOURCE_OFFERS, handle: add },
    },
  },
  {
    path: "/passkeys/options",
    methods: { POST: { ...CHANGES, offers: RESOURCE_OFFERS, handle: creationOptions } },
  },
  { path: "/passkeys/{id}", methods: { DELETE: { ...CHANGES, handle: remove } } },
];

/** EdDSA, ES256 and RS256 in COSE. */
const ALGORITHMS = [-8, -7, -257];
const ID = /^[\w-]{1,1400}$/;

/** A passkey belongs to the host that links have. */
function partyOf(x: Exchange): RelyingParty {
  const { hostname: id, origin } = new URL(x.base.url);
  return { id, origin };
}

/** For PublicKeyCredential.parseRequestOptionsFromJSON(). */
async function requestOptions(x: Exchange): Promise<Reply> {
  const challenge = await x.stored(() => accountsOf(x).passkeys.begin());
  return privateReply(
    x,
    {
      challenge,
      rpId: partyOf(x).id,
      timeout: CHALLENGE_KEPT_MS,
      userVerification: "required",
      allowCredentials: [],
    },
    () => ({ default: template("Sign in", "POST", x.base.at("/sessions"), PASSKEY_SIGN_IN) }),
  );
}

/** @throws TodosError validation-failed, unauthenticated */
export async function byPasskey(x: Exchange, value: unknown): Promise<SignedIn> {
  const { passkey } = validated(PASSKEY_SIGN_IN, value);
  return x.stored(() => accountsOf(x).passkeys.finish(passkey, partyOf(x), originOf(x), x.caller));
}

/** For PublicKeyCredential.parseCreationOptionsFromJSON(). */
async function creationOptions(x: Exchange): Promise<Reply> {
  const user = userOf(x);
  const { challenge, known } = await x.stored(() => accountsOf(x).passkeys.registration(user));
  const type = "public-key";
  const options = {
    challenge,
    rp: { id: partyOf(x).id, name: "todos" },
    user: { id: Buffer.from(user.id).toString("base64url"), name: user.login, displayName: user.name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type, alg })),
    timeout: CHALLENGE_KEPT_MS,
    attestation: "none",
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    excludeCredentials: known.map(({ id, transports }) => ({ type, id, transports })),
  };
  return privateReply(x, options, () => ({
    default: template("Register the passkey", "POST", x.base.at("/passkeys"), PASSKEY_CREATE),
  }));
}

async function add(x: Exchange): Promise<Reply> {
  const body = validated(PASSKEY_CREATE, (await readJson(x, BODY_TYPES)).value);
  const given = { answer: body.passkey, name: textOf(body, "name") };
  const { passkeys } = accountsOf(x);
  const object = passkeyObject(
    await x.stored(() => passkeys.add(userOf(x), given, partyOf(x), originOf(x))),
    x.base,
  );
  const made = privateReply(x, object, undefined, 201);
  made.headers.location = object._links.self.href;
  return made;
}

async function list(x: Exchange): Promise<Reply> {
  const passkeys = await x.stored(() => accountsOf(x).passkeys.list(userOf(x).id));
  const objects = passkeys.map((each) => {
    const object = passkeyObject(each, x.base);
    const target = object._links.self.href;
    return withForms(x, object, () =>
      offered(x, "credentials", { delete: template("Remove the passkey", "DELETE", target) }),
    );
  });
  return wholeCollection(x, "passkeys", x.base.at("/passkeys"), objects, () =>
    offered(x, "credentials", {
      default: template("Add a passkey", "POST", x.base.at("/passkeys/options")),
    }),
  );
}

async function remove(x: Exchange): Promise<Reply> {
  const id = x.params.id ?? "";
  if (!ID.test(id)) throw notFound("passkey");
  await x.stored(() => accountsOf(x).passkeys.remove(userOf(x), id, originOf(x)));
  return reply(204, {});
}
