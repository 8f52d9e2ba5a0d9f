import type { Caller, Role } from "../../../domain/access.ts";
import type { Checklist } from "../../../domain/checklist.ts";
import { remember } from "../../../lib/remember.ts";
import type { Exchange } from "../kernel/exchange.ts";
import type { LinkBase } from "../kernel/links.ts";
import { checklistObject } from "./representations.ts";
import { sharingLinks, sharingVariant } from "./sharing.ts";

/** A checklist as one caller sees it. */
interface Represented {
  readonly json: string;
  /** What tells the links of two callers apart, in characters that an ETag may have. */
  readonly variant: string;
}

/** All that it depends on: a row never changes without another version. */
interface Remembered extends Represented {
  readonly version: number;
  readonly caller: Caller;
  readonly role: Role | undefined;
  readonly base: LinkBase;
}

const REMEMBERED_MAX = 1_000;
/** The last ones by checklist: with the links that depend on the caller, putting one together takes two microseconds. */
const remembered = new Map<string, Remembered>();

/** With accounts: the checklist that the request is about. */
export function checklistFor(x: Exchange, row: Checklist): Represented {
  const { caller, role, base } = x;
  const { id, version } = row;
  const known = remembered.get(id);
  const isSame = known?.version === version && known.caller === caller && known.role === role;
  if (isSame && known.base === base) return known;
  const links = sharingLinks(x, id);
  const json = JSON.stringify(checklistObject(row, base, links));
  const made = { json, variant: sharingVariant(links), version, caller, role, base };
  remember(remembered, id, made, REMEMBERED_MAX);
  return made;
}
