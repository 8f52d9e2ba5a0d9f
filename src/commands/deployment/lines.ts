import type { DeployEvent, DeployStep } from "../../application/deploy/events.ts";
import type { PropertyChange, ResourceChange, StackPlan } from "../../domain/deployment/changes.ts";
import { counted } from "../../lib/words.ts";
import { failureLines } from "./failure-lines.ts";
import type { Line } from "./line.ts";

const STEP_TITLES: Readonly<Record<DeployStep, string>> = {
  verify: "1 verify",
  image: "2 image",
  plan: "3 plan",
  confirm: "4 confirm",
  apply: "5 apply",
  service: "6 service",
  smoke: "7 smoke",
  done: "8 done",
};

const VALUE_CHARS_MAX = 60;
const PROPERTIES_SHOWN_MAX = 40;
/** The first digits of a digest are enough to compare. */
const DIGEST = /(sha256:[0-9a-f]{12})[0-9a-f]{52}/g;
/** A common part of two values is left out from this length on. */
const COMMON_CHARS_MIN = 20;
/** CloudFormation's placeholder for what it has yet to create. Source: its User Guide, "Change set concepts". */
const KNOWN_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** An event's text for people; none if only the progress display shows it. */
export function linesOf(event: DeployEvent): readonly Line[] {
  switch (event.event) {
    case "step":
      return [{ mood: "title", text: `[${STEP_TITLES[event.step]}]` }];
    case "finding":
      return findingLines(event);
    case "image":
      return plain(`  image ${event.digest}, ${megabytes(event.bytes)}, ${event.architecture}`);
    case "plan":
      return planLines(event);
    case "stack":
      return plain(
        `  ${event.stack}: ${event.text}${event.usualMs ? `, about ${duration(event.usualMs)}` : ""}`,
      );
    case "resource":
      return resourceLines(event);
    case "push":
      return [];
    case "task":
      return plain(`  ${event.purpose}: ${event.text}`);
    case "task-failed":
      return failureLines(event);
    case "service":
      return [
        {
          mood: event.rollout === "FAILED" ? "bad" : "plain",
          text: `  deployment ${event.deployment}: ${event.text}`,
        },
      ];
    case "export":
      return event.step === "done" ? [{ mood: "good", text: `  ${exportText(event)}` }] : [];
    case "waiting":
      return [{ mood: "warn", text: `  ${event.text}` }];
    case "note":
      return event.text.split("\n").map((text) => ({ mood: "plain", text: `  ${text}` }));
    case "connected":
      return [
        {
          mood: "good",
          text: `connected to task ${event.task}: ${event.url} forwards to it, from this machine only`,
        },
        { mood: "plain", text: `next: ${event.next.join(", ")}` },
        { mood: "plain", text: "Press Ctrl-C to close it" },
      ];
    case "done":
      return [
        { mood: "good", text: event.text },
        { mood: "plain", text: `reachable inside the network at ${event.url}` },
        { mood: "plain", text: `next: ${event.next.join(", ")}` },
      ];
  }
}

export function exportText({
  step,
  file,
  checklists,
  tasks,
}: Extract<DeployEvent, { event: "export" }>): string {
  const rows = `${counted(checklists, "checklist")} and ${counted(tasks, "task")}`;
  if (step !== "done") return `${step} ${file}: ${rows} so far`;
  return `${file} holds all ${rows}; it was compared with the keyspace list by list and is equal`;
}

function findingLines({ level, what, next }: Extract<DeployEvent, { event: "finding" }>): Line[] {
  const mood = level === "problem" ? "bad" : level === "note" ? "warn" : "good";
  const sign = level === "problem" ? "problem: " : level === "note" ? "note: " : "ok: ";
  const first: Line = { mood, text: `  ${sign}${what}` };
  return next === undefined ? [first] : [first, { mood: "plain", text: `    ${next}` }];
}

function planLines({ stacks, costs, monthlyUsd, usualMs }: Extract<DeployEvent, { event: "plan" }>): Line[] {
  const parts = stacks.flatMap(stackLines);
  const cost = costs
    .filter((line) => line.monthlyUsd > 0)
    .map(({ what, monthlyUsd: usd }) => `${what} ${dollars(usd)}`);
  return [
    ...parts,
    { mood: "plain", text: `  about ${dollars(monthlyUsd)} a month when idle (${cost.join(", ")})` },
    ...(usualMs > 0 ? plain(`  about ${duration(usualMs)}`) : []),
  ];
}

function stackLines({ stack, action, basis, changes }: StackPlan): Line[] {
  if (action === "none") return plain(`  ${stack}: no changes`);
  const how = {
    create: "create",
    adopt: "adopt what exists",
    update: "update",
  }[action];
  const from = basis === "template" ? ", from its template" : "";
  const count = `${changes.length} resource${changes.length === 1 ? "" : "s"}`;
  return [{ mood: "title", text: `  ${stack}: ${how}, ${count}${from}` }, ...changes.flatMap(changeLines)];
}

const SIGNS = { add: "+", modify: "~", remove: "-", import: "=" } as const;

function changeLines({ action, logicalId, type, replacement, properties }: ResourceChange): Line[] {
  const replaced = replacement === "no" ? "" : replacement === "yes" ? "  REPLACED" : "  may be replaced";
  const mood = action === "remove" || replacement !== "no" ? "warn" : "plain";
  const shown = properties
    .slice(0, PROPERTIES_SHOWN_MAX)
    .map((each): Line => ({ mood: "plain", text: `        ${propertyText(each)}` }));
  return [{ mood, text: `    ${SIGNS[action]} ${logicalId} (${type})${replaced}` }, ...shown];
}

function propertyText({ path, before, after, replaces }: PropertyChange): string {
  const name = path.replace(/^Properties\./, "");
  const change = before === undefined && after === undefined ? "changes" : difference(before, after);
  return `${name}: ${change}${replaces === "yes" ? "  (replaces)" : ""}`;
}

function difference(before: string | undefined, after: string | undefined): string {
  const common = commonBeginning(before ?? "", after ?? "");
  const rest = (value: string | undefined) =>
    value === undefined || value === KNOWN_LATER
      ? short(value)
      : short(`${common > 0 ? "…" : ""}${value.slice(common)}`);
  return `${rest(before)} → ${rest(after)}`;
}

/** The length of the common beginning of two values, up to the start of a part; 0 if not worth leaving out. */
function commonBeginning(one: string, other: string): number {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const part = Math.max(...["/", "@", ","].map((sign) => one.lastIndexOf(sign, same - 1))) + 1;
  return part < COMMON_CHARS_MIN ? 0 : part;
}

function short(value: string | undefined): string {
  if (value === undefined) return "(none)";
  if (value === KNOWN_LATER) return "(known later)";
  const text = value.replaceAll(DIGEST, "$1…");
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX - 1)}…` : text;
}

/** The progress display shows starts; ends and failures stay. */
function resourceLines(event: Extract<DeployEvent, { event: "resource" }>): Line[] {
  const { logicalId, type, status, reason, elapsedMs } = event;
  if (status.endsWith("_FAILED"))
    return [{ mood: "bad", text: `    ${logicalId} (${type}): ${status}: ${reason ?? "no reason given"}` }];
  if (status.endsWith("_IN_PROGRESS")) return [];
  return plain(
    `    ${logicalId} (${type}): ${status.toLowerCase().replaceAll("_", " ")} after ${duration(elapsedMs)}`,
  );
}

function plain(text: string): Line[] {
  return [{ mood: "plain", text }];
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
