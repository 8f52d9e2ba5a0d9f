import type { JsonObject, Reply } from "./client.ts";
import { isObject } from "./client.ts";
import { Unmet } from "./outcomes.ts";

const SHOWN_CHARS_MAX = 300;

/** @throws Unmet unless both are the same JSON */
export function expectSame(what: string, got: unknown, expected: unknown): void {
  if (!Bun.deepEquals(got, expected)) throw new Unmet(what, shown(expected), shown(got));
}

export function expectStatus(reply: Reply, expected: number): void {
  if (reply.status === expected) return;
  const said = reply.text === "" ? "" : ` ${reply.text.slice(0, SHOWN_CHARS_MAX)}`;
  throw new Unmet(reply.asked, `status ${expected}`, `${reply.status}${said}`);
}

export function expectHeader(reply: Reply, name: string, accepted: RegExp): string {
  const value = reply.headers.get(name);
  if (value !== null && accepted.test(value)) return value;
  throw new Unmet(`${reply.asked}, header ${name}`, `something like ${accepted.source}`, shown(value));
}

/** Status, media type and members of a problem document (RFC 9457). */
export function expectProblem(reply: Reply, status: number): void {
  expectStatus(reply, status);
  expectHeader(reply, "content-type", /^application\/problem\+json/);
  expectSame(`${reply.asked}, member status`, reply.json.status, status);
  for (const member of ["type", "title"]) expectText(reply, reply.json[member], member);
}

/** The address of a HAL link. */
export function linkIn(reply: Reply, resource: JsonObject, relation: string): string {
  const links = isObject(resource._links) ? resource._links : {};
  const link = links[relation];
  const href = isObject(link) ? link.href : undefined;
  return expectText(reply, href, `_links.${relation}.href`);
}

export function hasLink(resource: JsonObject, relation: string): boolean {
  return isObject(resource._links) && relation in resource._links;
}

/** The resources that a collection embeds. */
export function embeddedIn(reply: Reply, relation: string): readonly JsonObject[] {
  const embedded = isObject(reply.json._embedded) ? reply.json._embedded[relation] : undefined;
  if (Array.isArray(embedded) && embedded.every(isObject)) return embedded;
  throw new Unmet(`${reply.asked}, member _embedded.${relation}`, "a list of resources", shown(embedded));
}

function expectText(reply: Reply, value: unknown, member: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Unmet(`${reply.asked}, member ${member}`, "a text", shown(value));
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, SHOWN_CHARS_MAX);
}
