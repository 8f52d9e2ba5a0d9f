import type { MemberRole } from "../../domain/membership.ts";
import type { Awaitable, Slice } from "../ports.ts";

/** Owner of the records that belong to nobody in particular: users, and claims of logins. */
export const EVERYBODY = "all";

export type UserRole = "admin" | "user";
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Key: its id; owner: {@link EVERYBODY}. Times here are milliseconds since the Unix epoch. */
export interface User {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly role: UserRole;
  readonly disabled: boolean;
  /** As the hash's own text says how it was made; absent: no way in by password. */
  readonly password?: string;
  /** Sessions made in an earlier epoch have ended. */
  readonly sessionEpoch: number;
  /** Signed in other than by a password, which shows it anyway. */
  readonly arrived?: true;
  readonly inboxId: string;
  /** Of a user who is being removed: who gets its lists. */
  readonly heirId?: string;
  readonly totp?: Totp;
  /** SHA-256 of the recovery codes that are left, hexadecimal. */
  readonly recovery?: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** @property lastStep the time step of the last code that was taken: none works twice */
export interface Totp {
  readonly secret: string;
  readonly confirmed: boolean;
  readonly lastStep?: number;
}

/** Key: the login; owner: {@link EVERYBODY}. Written before the user: of two with one login only one gets it. */
export interface LoginClaim {
  readonly userId: string;
  readonly claimedAt: number;
}

/** Key: SHA-256 of its secret; owner: the user. */
export interface Session {
  /** For people: what the list of sessions names it by. */
  readonly id: string;
  readonly userId: string;
  readonly epoch: number;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly agent?: string;
  readonly way?: string;
}

/** Key: SHA-256 of its secret; owner: the user. */
export interface ApiToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Absent: all that its user has. */
  readonly checklists?: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt?: number;
  readonly expiresAt?: number;
}

/** Key: the credential's id; owner: the user. */
export interface Passkey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports?: readonly string[];
  readonly deviceType?: string;
  readonly backedUp?: boolean;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** A user at another issuer. Key: made of issuer and subject; owner: the user. */
export interface Identity {
  readonly userId: string;
  readonly issuer: string;
  readonly subject: string;
  /** The user signed up there: the role follows the groups that the issuer reports. */
  readonly signedUp?: boolean;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** Something that works once. Key: SHA-256 of its secret; owner: the user it is about, if any. */
export interface Once {
  readonly purpose: string;
  readonly userId?: string;
  readonly data?: unknown;
  readonly createdAt: number;
}

/** Key: SHA-256 of its secret, which is the secret of its guests' sessions, too; owner: the checklist. */
export interface ShareLink {
  readonly id: string;
  readonly checklistId: string;
  readonly role: MemberRole;
  readonly name?: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
}

/** Key: the checklist and the user; owner: the user who is invited. It is valid while its maker owns the checklist. */
export interface ListInvitation {
  readonly id: string;
  readonly checklistId: string;
  readonly userId: string;
  readonly role: MemberRole;
  readonly invitedBy: string;
  readonly createdAt: number;
}

/** Something that is true of the whole service; its key names it. */
export interface Fact {
  readonly value: unknown;
}

/** Every kind of record. They hold little and are few: one table has them all. */
export interface Records {
  readonly user: User;
  readonly login: LoginClaim;
  readonly session: Session;
  readonly token: ApiToken;
  readonly passkey: Passkey;
  readonly identity: Identity;
  readonly once: Once;
  readonly link: ShareLink;
  readonly invitation: ListInvitation;
  readonly fact: Fact;
}

export type RecordKind = keyof Records;

export interface StoredRecord<T> {
  readonly key: string;
  /** Whose it is: records are listed by owner. It never changes. */
  readonly owner: string;
  readonly value: T;
  /** Different for every write, even if the record was deleted in between: it stands for the record as it was. */
  readonly version: number;
  readonly expiresAt?: number;
}

/** Expired ones are never found. */
export interface RecordReader {
  findRecord<K extends RecordKind>(kind: K, key: string): Awaitable<StoredRecord<Records[K]> | undefined>;
  /** In order of key, after the key `after`, at most `limit`. Only a missing `next` ends the listing. */
  listRecords<K extends RecordKind>(
    kind: K,
    owner: string,
    after: string | undefined,
    limit: number,
  ): Awaitable<Slice<StoredRecord<Records[K]>>>;
}

/**
 * One write of a record.
 * @property owner the same at every write of one record
 * @property expect what there must be: nothing (an expired record counts as nothing), or that version
 */
export type RecordPut = {
  readonly [K in RecordKind]: {
    readonly kind: K;
    readonly key: string;
    readonly owner: string;
    readonly value: Records[K];
    readonly expect: "absent" | number;
    /** Milliseconds since the Unix epoch. */
    readonly expiresAt?: number;
  };
}[RecordKind];

export type RecordWritten =
  | { readonly outcome: "written"; readonly version: number }
  /** There is something else than expected. */
  | { readonly outcome: "conflict" };

export interface RecordDeletion {
  readonly kind: RecordKind;
  readonly key: string;
  /** The version. */
  readonly expect: number;
}

/** Of several who delete one version, one is told that it did. */
export type RecordDeleted = { readonly outcome: "deleted" } | { readonly outcome: "conflict" };
