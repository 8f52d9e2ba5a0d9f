import { SCOPES } from "../../../application/accounts/records.ts";
import { TOKEN_CHECKLISTS_MAX } from "../../../application/accounts/tokens.ts";
import {
  LOGIN_CHARS_MAX,
  LOGIN_PATTERN,
  PASSWORD_CHARS_MAX,
  PASSWORD_CHARS_MIN,
  USER_NAME_CHARS_MAX,
} from "../../../domain/account.ts";
import { INBOX_ID } from "../../../domain/checklist.ts";
import type { Field, Schema } from "../api/fields.ts";
import { MEDIA_MEMBERS } from "../api/schemas.ts";

const CODE_CHARS_MAX = 100;
const TOKEN_NAME_CHARS_MAX = 200;

const login = {
  kind: "text",
  title: "Login of letters from a to z, digits and . _ - @ +; case does not matter",
  charsMax: LOGIN_CHARS_MAX,
  pattern: LOGIN_PATTERN,
  example: "ada",
} as const satisfies Field;

const name = {
  kind: "text",
  optional: true,
  title: "Name that others see. Default: the login",
  charsMax: USER_NAME_CHARS_MAX,
  example: "Ada Lovelace",
} as const satisfies Field;

const password = {
  kind: "password",
  title: "Password",
  charsMax: PASSWORD_CHARS_MAX,
  example: "correct horse battery staple",
} as const satisfies Field;

const newPassword = {
  ...password,
  title: `New password of at least ${PASSWORD_CHARS_MIN} characters, not a common one`,
} as const satisfies Field;

const code = {
  kind: "text",
  optional: true,
  title: "Code of the second factor, or a recovery code, if the user has one",
  charsMax: CODE_CHARS_MAX,
  example: "123456",
} as const satisfies Field;

const required = { required: true } as const;

export const SET_UP: Schema = {
  name: "set-up",
  fields: {
    code: { ...code, ...required, optional: false, title: "Set-up code, from the service's log" },
    login: { ...login, ...required },
    name,
    password: { ...newPassword, ...required },
  },
  ignored: MEDIA_MEMBERS,
};

export const SIGN_IN: Schema = {
  name: "session",
  fields: { login: { ...login, ...required }, password: { ...password, ...required }, code },
  ignored: MEDIA_MEMBERS,
};

export const PASSWORD_LINK_USE: Schema = {
  name: "password",
  fields: { password: { ...newPassword, ...required }, name, code },
  ignored: MEDIA_MEMBERS,
};

export const PASSWORD_CHANGE: Schema = {
  name: "password",
  fields: {
    current: { ...password, optional: true, title: "Current password, if there is one" },
    password: { ...newPassword, ...required },
  },
  ignored: MEDIA_MEMBERS,
};

/** Where there is no password yet. */
export const FIRST_PASSWORD: Schema = {
  ...PASSWORD_CHANGE,
  fields: { password: { ...newPassword, ...required } },
};

const READ_ONLY_USER = ["id", "login", "createdAt", "updatedAt", ...MEDIA_MEMBERS] as const;

export const ME_PATCH: Schema = {
  name: "user",
  fields: { name: { ...name, optional: false, title: "Name that others see" } },
  ignored: ["role", ...READ_ONLY_USER],
};

const role = {
  kind: "choice",
  optional: true,
  title: "Role",
  values: ["user", "admin"],
  default: "user",
  example: "user",
} as const satisfies Field;

export const USER_CREATE: Schema = {
  name: "user",
  fields: { login: { ...login, ...required }, name, role },
  ignored: MEDIA_MEMBERS,
};

export const USER_PATCH: Schema = {
  name: "user",
  fields: {
    role: { kind: "choice", optional: true, title: "Role", values: ["user", "admin"], example: "user" },
    disabled: {
      kind: "boolean",
      title: "Whether the user is locked out. All its sessions and tokens end",
      example: true,
    },
  },
  ignored: ["name", "invited", ...READ_ONLY_USER],
};

/** Of the query: DELETE has no body. */
export const USER_REMOVAL: Schema = {
  name: "removal",
  fields: {
    lists: {
      kind: "id",
      ...required,
      title: "ID of the user who gets the checklists",
      example: "01980f3e-4c1b-7a60-9c3d-2f1b5a7e8d90",
    },
  },
  ignored: [],
};

export const TOKEN_CREATE: Schema = {
  name: "token",
  fields: {
    name: {
      kind: "text",
      ...required,
      title: "What it is for",
      charsMax: TOKEN_NAME_CHARS_MAX,
      example: "Backup script",
    },
    scopes: {
      kind: "choices",
      ...required,
      title: "read: GET and HEAD; write: every other method; admin: what only admins may do",
      values: SCOPES,
      example: ["read"],
    },
    checklists: {
      kind: "ids",
      title: "The only checklists that it can reach. Default: all of the user's",
      itemsMax: TOKEN_CHECKLISTS_MAX,
      example: [INBOX_ID],
    },
    expiresAt: {
      kind: "time",
      optional: true,
      title: "When it ends. Default: never",
      example: "2027-01-31T00:00:00Z",
    },
  },
  ignored: MEDIA_MEMBERS,
};

const passkey = {
  kind: "object",
  ...required,
  title: "What the browser's PublicKeyCredential.toJSON() gives",
  example: {
    id: "AaFdkcD4SuPjF-jwUoRwH8-ZHuY5RW46fsZmEvBX6RNKHaGtVzpATs06KQVheIOjYz-YneG4cmQOedzl0e0jF951ukx17Hl9jeGgWz5_DKZCO12p2-2LlzjH",
  },
} as const satisfies Field;

export const PASSKEY_SIGN_IN: Schema = { name: "session", fields: { passkey }, ignored: MEDIA_MEMBERS };

export const PASSKEY_CREATE: Schema = {
  name: "passkey",
  fields: {
    passkey,
    name: {
      kind: "text",
      optional: true,
      title: "What to call it. Default: Passkey",
      charsMax: TOKEN_NAME_CHARS_MAX,
      example: "Phone",
    },
  },
  ignored: MEDIA_MEMBERS,
};

/** The second step of a sign-in that began at a provider. */
export const CODE_SIGN_IN: Schema = {
  name: "session",
  fields: { code: { ...code, ...required, optional: false } },
  ignored: MEDIA_MEMBERS,
};

export const TOTP_CONFIRM: Schema = {
  name: "second factor",
  fields: { code: { ...code, ...required, optional: false, title: "Current code of the authenticator app" } },
  ignored: MEDIA_MEMBERS,
};

/** For a browser that goes there. */
export const PROVIDER_VISIT: Schema = {
  name: "sign-in",
  fields: {
    return: {
      kind: "text",
      optional: true,
      title: "Path of this service to come back to. Default: /",
      charsMax: 2_048,
      example: "/",
    },
  },
  ignored: [],
};

export const IDENTITY_LINK: Schema = {
  ...PROVIDER_VISIT,
  name: "identity",
  ignored: MEDIA_MEMBERS,
};
