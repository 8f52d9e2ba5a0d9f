import { INVITATIONS_PER_USER_MAX } from "../../../../application/accounts/invitations.ts";
import { SECRET_PATTERN } from "../../../../application/accounts/secrets.ts";
import { LINKS_PER_LIST_MAX } from "../../../../application/accounts/share-links.ts";
import { LOGIN_CHARS_MAX, USER_NAME_CHARS_MAX } from "../../../../domain/account.ts";
import { CHECKLIST_NAME_CHARS_MAX } from "../../../../domain/checklist.ts";
import { MEMBERS_MAX } from "../../../../domain/membership.ts";
import { INVITATION_CREATE, MEMBER_PATCH, OWNER_CHANGE, SHARE_LINK_CREATE } from "../../api/sharing.ts";
import { whole } from "./accounts.ts";
import { answer, COMMON_HEADERS, LOCATION } from "./answers.ts";
import { idSchema, type JsonSchema, object, ref, text, URL_CHARS_MAX } from "./basics.ts";
import { checklistMembers } from "./checklists.ts";
import type { Documentation } from "./documentation.ts";
import { BODY_PROBLEMS, COOKIE, documented, gone, HAL_TYPES, READ_PROBLEMS, shown } from "./documented.ts";
import { templates } from "./forms.ts";
import { type Documented, idParameter, parameter } from "./operations.ts";
import { body, links, time } from "./schemas.ts";

const tag = "sharing";
const below = (name: string, what: string) => [idParameter, parameter("path", name, what, idSchema, true)];
const member = below("userId", "ID of the user");
const oneLink = below("linkId", "ID of the link");
const secret = parameter(
  "path",
  "link",
  "The secret part of the link",
  { type: "string", minLength: 43, maxLength: 43, pattern: `^${SECRET_PATTERN}$` },
  true,
);

const OPERATIONS: readonly Documented[] = [
  documented({
    id: "listMembers",
    at: "GET /checklists/{id}/members",
    tag,
    summary: "Who has access to a checklist",
    description: `The owner first, then up to ${MEMBERS_MAX} members.`,
    parameters: [idParameter],
    answers: shown("Members"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "getMember",
    at: "GET /checklists/{id}/members/{userId}",
    tag,
    summary: "One member",
    description: "Or the owner.",
    parameters: member,
    answers: shown("Member"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "changeMember",
    at: "PATCH /checklists/{id}/members/{userId}",
    tag,
    summary: "Change a member's role",
    description: "For the owner, whose own role can't be changed: 409.",
    parameters: member,
    takes: "MemberPatch",
    answers: shown("Member"),
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "removeMember",
    at: "DELETE /checklists/{id}/members/{userId}",
    tag,
    summary: "Remove a member, or leave",
    description: "For the owner, and for the member themselves.",
    parameters: member,
    answers: gone("No longer a member"),
    statuses: [404, 409, ...READ_PROBLEMS],
  }),
  documented({
    id: "inviteMember",
    at: "POST /checklists/{id}/invitations",
    tag,
    summary: "Invite a user",
    description:
      "For the owner. The answer is the same whether there is such a user or not. The invited user finds it in `/invitations`, for 30 days and only while the checklist has the same owner. A new invitation for the same user replaces it.",
    parameters: [idParameter],
    takes: "InvitationCreate",
    answers: { 202: { description: "Accepted", headers: COMMON_HEADERS } },
    statuses: [404, ...BODY_PROBLEMS],
  }),
  documented({
    id: "giveChecklist",
    at: "POST /checklists/{id}/owner",
    tag,
    summary: "Give a checklist to a member",
    description: "For the owner, who stays as an editor or a viewer. 409 for the inbox.",
    parameters: [idParameter],
    takes: "OwnerChange",
    answers: gone("Given"),
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "listInvitations",
    at: "GET /invitations",
    tag,
    summary: "Invitations to other users' checklists",
    description: "The oldest first.",
    answers: shown("Invitations"),
    statuses: READ_PROBLEMS,
  }),
  documented({
    id: "getInvitation",
    at: "GET /invitations/{id}",
    tag,
    summary: "One invitation",
    description: "404 once it is no longer valid.",
    parameters: [idParameter],
    answers: shown("Invitation"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "acceptInvitation",
    at: "POST /invitations/{id}",
    tag,
    summary: "Accept an invitation",
    description: `Answers with the checklist. 409 if it has ${MEMBERS_MAX} members already.`,
    parameters: [idParameter],
    answers: { 200: answer("The checklist", HAL_TYPES, ref("Checklist")) },
    statuses: [404, 409, ...READ_PROBLEMS],
  }),
  documented({
    id: "declineInvitation",
    at: "DELETE /invitations/{id}",
    tag,
    summary: "Decline an invitation",
    description: "Nobody is told.",
    parameters: [idParameter],
    answers: gone("Declined"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "listLinks",
    at: "GET /checklists/{id}/links",
    tag,
    summary: "Links to a checklist",
    description: "For the owner. Without their URLs, which can't be shown again.",
    parameters: [idParameter],
    answers: shown("ShareLinks"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "createLink",
    at: "POST /checklists/{id}/links",
    tag,
    summary: "Make a link to share",
    description:
      "For the owner. Only this answer contains `url`. Anyone who has it is a guest: no account, only this checklist, the role of the link.",
    parameters: [idParameter],
    takes: "ShareLinkCreate",
    answers: { 201: answer("Created", HAL_TYPES, ref("NewShareLink"), LOCATION) },
    statuses: [404, 409, ...BODY_PROBLEMS],
  }),
  documented({
    id: "getLink",
    at: "GET /checklists/{id}/links/{linkId}",
    tag,
    summary: "One link",
    description: "Without its URL.",
    parameters: oneLink,
    answers: shown("ShareLink"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "revokeLink",
    at: "DELETE /checklists/{id}/links/{linkId}",
    tag,
    summary: "Revoke a link",
    description: "It stops working at once, and its guests lose access.",
    parameters: oneLink,
    answers: gone("Revoked"),
    statuses: [404, ...READ_PROBLEMS],
  }),
  documented({
    id: "openLink",
    at: "GET /links/{link}",
    tag,
    summary: "Open a link to a checklist",
    description:
      "The cookie makes a guest of anyone who is not signed in. Browsers are sent to the page; other clients get the checklist. A browser that only preloads the link gets nothing.",
    parameters: [secret],
    answers: {
      200: answer("The checklist", HAL_TYPES, ref("Checklist"), COOKIE),
      204: { description: "Nothing for a preview", headers: COMMON_HEADERS },
      303: { description: "To the page", headers: { ...COMMON_HEADERS, ...COOKIE, ...LOCATION } },
    },
    statuses: [404, ...READ_PROBLEMS],
    isOpen: true,
  }),
];

const login = text("Login", LOGIN_CHARS_MAX, { pattern: "^[a-z0-9._@+-]+$", example: "ada" });
const name = text("Name that others see", USER_NAME_CHARS_MAX);
const memberRole: JsonSchema = { type: "string", enum: ["viewer", "editor"] };
const ofCollection = links("self", "collection");
const createdAt = time("When it was made");
const SHARING_LINKS = ["members", "invitations", "links", "owner", "leave"];
const checklistLinks = object(
  Object.fromEntries(["self", "tasks", "collection", ...SHARING_LINKS].map((each) => [each, ref("Link")])),
  ["self", "tasks", "collection"],
);
const linkMembers = {
  id: idSchema,
  role: memberRole,
  name: text("What it is called", 200),
  createdAt,
  expiresAt: time("When it ends"),
};
const linkNeeds = ["id", "role", "createdAt", "_links"];
const linkLinks = links("self", "collection", "checklist");

export const sharingDocumentation: Documentation = {
  tag: { name: tag, description: "Members of a checklist, invitations, and links for guests" },
  relations: [],
  templated: [],
  operations: () => OPERATIONS,
  schemas: {
    // With links that each caller gets by what it may do.
    Checklist: object({ ...checklistMembers, _links: checklistLinks }, ["id", "name", "_links"]),
    MemberPatch: body(MEMBER_PATCH),
    InvitationCreate: body(INVITATION_CREATE),
    OwnerChange: body(OWNER_CHANGE),
    ShareLinkCreate: body(SHARE_LINK_CREATE),
    Member: object(
      {
        login,
        name,
        role: { type: "string", enum: ["owner", "editor", "viewer"] },
        _links: ofCollection,
        _templates: templates,
      },
      ["login", "name", "role", "_links"],
    ),
    Members: whole("members", "Member", MEMBERS_MAX + 1),
    Invitation: object(
      {
        id: idSchema,
        checklist: object({ id: idSchema, name: text("Its name", CHECKLIST_NAME_CHARS_MAX) }, ["id", "name"]),
        role: memberRole,
        invitedBy: object({ login, name }, ["login", "name"]),
        createdAt,
        _links: ofCollection,
        _templates: templates,
      },
      ["id", "checklist", "role", "invitedBy", "createdAt", "_links"],
    ),
    Invitations: whole("invitations", "Invitation", INVITATIONS_PER_USER_MAX),
    ShareLink: object({ ...linkMembers, _links: linkLinks, _templates: templates }, linkNeeds),
    NewShareLink: object(
      {
        ...linkMembers,
        url: text("The link, shown only once", URL_CHARS_MAX, { format: "uri" }),
        _links: linkLinks,
      },
      [...linkNeeds, "url"],
    ),
    ShareLinks: whole("links", "ShareLink", LINKS_PER_LIST_MAX),
  },
};
