import type {
  ApiToken,
  Identity,
  Passkey,
  Session,
  User as UserRecord,
} from "../../../application/accounts/records.ts";
import { isAwaited } from "../../../application/accounts/users.ts";
import { link, timestamp } from "../api/representations.ts";
import type { LinkBase } from "../kernel/links.ts";

/** @returns what an admin sees of a user */
export function userObject(user: UserRecord, base: LinkBase) {
  const { id, login, name, role, disabled, createdAt, updatedAt } = user;
  return {
    id,
    login,
    name,
    role,
    disabled,
    invited: isAwaited(user),
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
    _links: { self: link(base.at(`/users/${id}`)), collection: link(base.at("/users")) },
  };
}

/** @returns what users see of themselves */
export function meObject(
  user: UserRecord,
  base: LinkBase,
  shows: { readonly users: boolean; readonly identities: boolean },
) {
  const { id, login, name, role, inboxId, createdAt, updatedAt } = user;
  return {
    id,
    login,
    name,
    role,
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
    _links: {
      self: link(base.at("/me")),
      inbox: link(base.checklist(inboxId)),
      password: link(base.at("/me/password")),
      sessions: link(base.at("/sessions")),
      tokens: link(base.at("/tokens")),
      passkeys: link(base.at("/passkeys")),
      totp: link(base.at("/me/totp")),
      invitations: link(base.at("/invitations")),
      ...(shows.identities ? { identities: link(base.at("/me/identities")) } : {}),
      "sign-out": link(base.at("/sessions/current")),
      ...(shows.users ? { users: link(base.at("/users")) } : {}),
    },
  };
}

/** @param current id of the session that the request belongs to */
export function sessionObject(session: Session, current: string | undefined, base: LinkBase) {
  const { id, way, agent, createdAt, lastUsedAt } = session;
  return {
    id,
    current: id === current,
    ...(way === undefined ? {} : { way }),
    ...(agent === undefined ? {} : { agent }),
    createdAt: timestamp(createdAt),
    lastUsedAt: timestamp(lastUsedAt),
    _links: {
      self: link(base.at(`/sessions/${id}`)),
      collection: link(base.at("/sessions")),
      me: link(base.at("/me")),
    },
  };
}

export function tokenObject(token: ApiToken, base: LinkBase) {
  const { id, name, scopes, checklists, createdAt, lastUsedAt, expiresAt } = token;
  return {
    id,
    name,
    scopes,
    ...(checklists === undefined ? {} : { checklists }),
    createdAt: timestamp(createdAt),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: timestamp(lastUsedAt) }),
    ...(expiresAt === undefined ? {} : { expiresAt: timestamp(expiresAt) }),
    _links: { self: link(base.at(`/tokens/${id}`)), collection: link(base.at("/tokens")) },
  };
}

export function passkeyObject(passkey: Passkey, base: LinkBase) {
  const { id, name, transports = [], backedUp = false, createdAt, lastUsedAt } = passkey;
  return {
    id,
    name,
    transports,
    backedUp,
    createdAt: timestamp(createdAt),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: timestamp(lastUsedAt) }),
    _links: { self: link(base.at(`/passkeys/${id}`)), collection: link(base.at("/passkeys")) },
  };
}

export function identityObject(identity: Identity & { readonly id: string }, base: LinkBase) {
  const { id, issuer, subject, createdAt, lastUsedAt } = identity;
  return {
    id,
    issuer,
    subject,
    createdAt: timestamp(createdAt),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: timestamp(lastUsedAt) }),
    _links: { self: link(base.at(`/me/identities/${id}`)), collection: link(base.at("/me/identities")) },
  };
}
