import { SECRET_PATTERN, TOKEN_PATTERN } from "../../../../application/accounts/secrets.ts";
import { SESSIONS_PER_USER_MAX } from "../../../../application/accounts/sessions.ts";
import { TOKEN_CHECKLISTS_MAX, TOKENS_PER_USER_MAX } from "../../../../application/accounts/tokens.ts";
import { LOGIN_CHARS_MAX, USER_NAME_CHARS_MAX } from "../../../../domain/account.ts";
import {
  ME_PATCH,
  PASSWORD_CHANGE,
  PASSWORD_LINK_USE,
  SET_UP,
  SIGN_IN,
  TOKEN_CREATE,
  USER_CREATE,
  USER_PATCH,
} from "../../accounts/schemas.ts";
import { answer, LOCATION } from "./answers.ts";
import { idSchema, type JsonSchema, list, object, ref, text, URL_CHARS_MAX } from "./basics.ts";
import type { Documentation } from "./documentation.ts";
import {
  away,
  BODY_PROBLEMS,
  COOKIE,
  documented,
  gone,
  HAL_TYPES,
  READ_PROBLEMS,
  shown,
  signedIn,
} from "./documented.ts";
import { templates } from "./forms.ts";
import { type Documented, idParameter, pageOperation, pageParameters, parameter } from "./operations.ts";
import { body, links, pageOf, time } from "./schemas.ts";

const linkParameter = parameter(
  "path",
  "link",
  "The secret part of the link",
  { type: "string", minLength: 43, maxLength: 43, pattern: `^${SECRET_PATTERN}$` },
  true,
);
const USER_OR_DELETE = "^(delete|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$";
const listsParameter = parameter(
  "query",
  "lists",
  "What happens to the user's checklists: `delete`, or the ID of the user who gets them",
  { ...idSchema, pattern: USER_OR_DELETE, example: "delete" },
  true,
);

const OPERATIONS: readonly Documented[] = [
  documented({
    id: "setUp",
    at: "POST /set-up",
    summary: "Make the first user, an admin",
    description: "Takes the code from the service's log, while there is no user. 404 from then on.",
    takes: "SetUp",
    answers: signedIn,
    statuses: [403, 404, ...BODY_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "signIn",
    at: "POST /sessions",
    summary: "Sign in with login and password",
    description:
      "For browsers. Programs send an API token instead. A body with `passkey` alone (see the options for it), or with `code` alone after a sign-in at the OpenID provider, is accepted, too.",
    takes: "SignIn",
    answers: signedIn,
    statuses: [401, 403, ...BODY_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "listSessions",
    at: "GET /sessions",
    summary: "My sessions",
    description: "The newest first.",
    answers: shown("Sessions"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "signOut",
    at: "DELETE /sessions/current",
    summary: "Sign out",
    description: "Ends the session that the request belongs to. A guest who came by a link is out, too.",
    answers: gone("Signed out", COOKIE),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "endSession",
    at: "DELETE /sessions/{id}",
    summary: "End a session",
    description: "One of mine, for example in another browser.",
    parameters: [idParameter],
    answers: gone("Ended", COOKIE),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "getMe",
    at: "GET /me",
    summary: "Who I am",
    description: "With links to everything of mine.",
    answers: shown("Me"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "changeMe",
    at: "PATCH /me",
    summary: "Change my name",
    description: "A JSON merge patch (RFC 7396).",
    takes: "MePatch",
    answers: shown("Me"),
    statuses: BODY_PROBLEMS,
  }),
  documented({
    id: "changePassword",
    at: "PUT /me/password",
    summary: "Change my password",
    description: "Ends all other sessions, and gives this one a new cookie.",
    takes: "PasswordChange",
    answers: gone("Changed", COOKIE),
    statuses: BODY_PROBLEMS,
  }),
  documented({
    id: "listTokens",
    at: "GET /tokens",
    summary: "My API tokens",
    description: "Without their secrets, which can't be shown again.",
    answers: shown("Tokens"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "createToken",
    at: "POST /tokens",
    summary: "Make an API token",
    description: "Only this answer contains its secret. Programs send it as `Authorization: Bearer`.",
    takes: "TokenCreate",
    answers: { 201: answer("Created", HAL_TYPES, ref("NewToken"), LOCATION) },
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "getToken",
    at: "GET /tokens/{id}",
    summary: "One API token",
    description: "Without its secret.",
    parameters: [idParameter],
    answers: shown("Token"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "revokeToken",
    at: "DELETE /tokens/{id}",
    summary: "Revoke an API token",
    description: "It stops working at once.",
    parameters: [idParameter],
    answers: gone("Revoked"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "lookAtPasswordLink",
    at: "GET /password/{link}",
    summary: "The user that a link to choose a password is for",
    description: "Looking does not use it up. Browsers are sent to the page.",
    parameters: [linkParameter],
    answers: { ...shown("PasswordLink"), ...away("To the page") },
    statuses: [404, ...READ_PROBLEMS],
    isOpen: true,
  }),
  documented({
    id: "choosePassword",
    at: "POST /password/{link}",
    summary: "Choose a password",
    description: "The link works once, within 7 days: 404 from then on. All existing sessions end.",
    parameters: [linkParameter],
    takes: "PasswordLinkUse",
    answers: signedIn,
    statuses: [401, 403, 404, ...BODY_PROBLEMS],
    isOpen: true,
  }),
  {
    path: "/users",
    method: "GET",
    operation: {
      operationId: "listUsers",
      tags: ["users"],
      summary: "A page of users",
      description: "For admins.",
      ...pageOperation("User", pageParameters()),
    },
  },
  documented({
    id: "inviteUser",
    at: "POST /users",
    tag: "users",
    summary: "Make a user",
    description: "For admins. `url` is a link with which the user chooses a password, once, within 7 days.",
    takes: "UserCreate",
    answers: { 201: answer("Created", HAL_TYPES, ref("InvitedUser"), LOCATION) },
    statuses: [409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "getUser",
    at: "GET /users/{id}",
    tag: "users",
    summary: "One user",
    description: "For admins.",
    parameters: [idParameter],
    answers: shown("User"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "changeUser",
    at: "PATCH /users/{id}",
    tag: "users",
    summary: "Change a user's role, or lock the user out",
    description: "For admins. A disabled user's sessions and tokens end at once. 409 for the last admin.",
    parameters: [idParameter],
    takes: "UserPatch",
    answers: shown("User"),
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "removeUser",
    at: "DELETE /users/{id}",
    tag: "users",
    summary: "Remove a user",
    description: "For admins. 409 for the last admin. A removal that was interrupted can be repeated.",
    parameters: [idParameter, listsParameter],
    answers: gone("Removed"),
    statuses: [404, 409, ...READ_PROBLEMS],
  }),
  documented({
    id: "makePasswordLink",
    at: "POST /users/{id}/password-link",
    tag: "users",
    summary: "Make a new link to choose a password",
    description:
      "For admins whose session began in the last 15 minutes: `url` signs in as this user, once, within 7 days. Earlier links end; the password and sessions stay until it is used. 409 for a user who is locked out.",
    parameters: [idParameter],
    answers: shown("InvitedUser"),
    statuses: [404, 409, ...READ_PROBLEMS],
  }),
];

const login = text("Login", LOGIN_CHARS_MAX, { pattern: "^[a-z0-9._@+-]+$", example: "ada" });
const name = text("Name that others see", USER_NAME_CHARS_MAX);
const role: JsonSchema = { type: "string", enum: ["user", "admin"] };
export const yes = (description: string): JsonSchema => ({ type: "boolean", description });
const times = { createdAt: time("When it was made"), updatedAt: time("When it was last changed") };
const userMembers = {
  id: idSchema,
  login,
  name,
  role,
  disabled: yes("Whether the user is locked out"),
  invited: yes("Whether the user has never signed in, in any way"),
  ...times,
};
const tokenMembers = {
  id: idSchema,
  name: text("What it is for", 200),
  scopes: list({ type: "string", enum: ["read", "write", "admin"] }, 3),
  checklists: list(idSchema, TOKEN_CHECKLISTS_MAX),
  createdAt: times.createdAt,
  lastUsedAt: time("When it was last used, to five minutes"),
  expiresAt: time("When it ends"),
};
const userNeeds = ["id", "login", "name", "role", "disabled", "invited", "createdAt", "updatedAt", "_links"];
const tokenNeeds = ["id", "name", "scopes", "createdAt", "_links"];
const ofCollection = links("self", "collection");

export function whole(name: string, row: string, rowsMax: number): JsonSchema {
  const embedded = object({ [name]: list(ref(row), rowsMax) }, [name]);
  return object({ _embedded: embedded, _links: links("self"), _templates: templates }, [
    "_embedded",
    "_links",
  ]);
}

const ME_LINKS = [
  "self",
  "inbox",
  "password",
  "sessions",
  "tokens",
  "passkeys",
  "totp",
  "invitations",
  "sign-out",
];
const meLinks = object(
  Object.fromEntries([...ME_LINKS, "identities", "users"].map((each) => [each, ref("Link")])),
  ME_LINKS,
);

export const accountsDocumentation: Documentation = {
  tag: { name: "accounts", description: "Signing in, and your own account" },
  relations: [],
  templated: [],
  operations: () => OPERATIONS,
  schemas: {
    SetUp: body(SET_UP),
    SignIn: body(SIGN_IN),
    PasswordLinkUse: body(PASSWORD_LINK_USE),
    PasswordChange: body(PASSWORD_CHANGE),
    MePatch: body(ME_PATCH),
    UserCreate: body(USER_CREATE),
    UserPatch: body(USER_PATCH),
    TokenCreate: body(TOKEN_CREATE),
    Session: object(
      {
        id: idSchema,
        current: yes("Whether the request belongs to it"),
        way: text("How it began", 20),
        agent: text("What the client called itself", 200),
        createdAt: times.createdAt,
        lastUsedAt: time("When it was last used, to five minutes"),
        _links: links("self", "collection", "me"),
        _templates: templates,
      },
      ["id", "current", "createdAt", "lastUsedAt", "_links"],
    ),
    Sessions: whole("sessions", "Session", SESSIONS_PER_USER_MAX),
    Me: object({ id: idSchema, login, name, role, ...times, _links: meLinks, _templates: templates }, [
      "id",
      "login",
      "name",
      "role",
      "createdAt",
      "updatedAt",
      "_links",
    ]),
    Token: object({ ...tokenMembers, _links: ofCollection, _templates: templates }, tokenNeeds),
    NewToken: object(
      {
        ...tokenMembers,
        secret: text("Shown only once", 55, { pattern: TOKEN_PATTERN }),
        _links: ofCollection,
      },
      [...tokenNeeds, "secret"],
    ),
    Tokens: whole("tokens", "Token", TOKENS_PER_USER_MAX),
    PasswordLink: object({ login, name, _links: links("self"), _templates: templates }, [
      "login",
      "name",
      "_links",
    ]),
    User: object({ ...userMembers, _links: ofCollection, _templates: templates }, userNeeds),
    InvitedUser: object(
      {
        ...userMembers,
        url: text("Link for the user; works once", URL_CHARS_MAX, { format: "uri" }),
        _links: ofCollection,
      },
      [...userNeeds, "url"],
    ),
    UserPage: pageOf("users", "User"),
  },
};

export const USERS_TAG = { name: "users", description: "Who has an account; for admins" };
