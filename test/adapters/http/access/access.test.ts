import { afterAll, describe, expect, test } from "bun:test";
import { accountRoutes } from "../../../../src/adapters/http/accounts/routes.ts";
import { healthRoutes, managementRoutes } from "../../../../src/adapters/http/actuator/routes.ts";
import { EventStreams } from "../../../../src/adapters/http/api/events.ts";
import { apiRoutes } from "../../../../src/adapters/http/app.ts";
import { Hosts } from "../../../../src/adapters/http/kernel/hosts.ts";
import { Kernel } from "../../../../src/adapters/http/kernel/kernel.ts";
import { LinkBases } from "../../../../src/adapters/http/kernel/links.ts";
import { METHODS } from "../../../../src/adapters/http/kernel/operation.ts";
import { reply } from "../../../../src/adapters/http/kernel/reply.ts";
import type { Operation, Route } from "../../../../src/adapters/http/kernel/route.ts";
import type { Services } from "../../../../src/adapters/http/kernel/services.ts";
import { roleOf } from "../../../../src/application/visible.ts";
import type { Caller } from "../../../../src/domain/access.ts";
import { loadApi } from "../../../../src/resources.ts";
import { CALLERS, LIST, ROLES } from "./callers.ts";
import { MEMBERSHIPS, TABLE } from "./table.ts";

const ORIGIN = "http://todos.example";
/** No operation answers so: the request has reached it. */
const REACHED = 299;
const STATUS: Readonly<Record<string, number>> = { "+": REACHED, u: 401, h: 404, f: 403 };

const events = new EventStreams();
const routes = [
  ...apiRoutes(await loadApi(), events),
  ...accountRoutes,
  ...healthRoutes,
  ...managementRoutes({ writable: true, own: false }),
];
afterAll(() => events.close());

const store = { roleOn: (id: string, userId: string) => (id === LIST ? ROLES[userId] : undefined) };
const nothing = () => undefined;
const meter = { requestsInFlight: nothing, requestServed: nothing } as unknown as Services["meter"];

/** The parts that a request needs on its way to an operation. Bearer is a caller's name. */
const services = {
  callers: {
    resolve: ({ bearer = "" }) => callerOf(bearer),
    roleOn: (caller: Caller, id: string) => roleOf(store, caller, id),
    together: <T>(work: () => T) => work(),
    supposing: <T>(work: () => T) => work(),
  },
  hosts: new Hosts({ allowed: [], loopback: false }),
  bases: new LinkBases({ epoch: () => "e", fallback: () => ORIGIN, namesInbox: true }),
  settings: { corsOrigins: [], readOnly: false, accessLog: false },
  meter,
  epoch: "e",
} as unknown as Services;

const kernel = new Kernel(services, nothing, {});

function callerOf(bearer: string): Caller {
  const [, caller] = CALLERS[Number(bearer)] ?? [];
  if (!caller) throw new Error(`no caller ${bearer}`);
  return caller;
}

/** The same declarations, and no handler. */
function emptied({ methods, ...route }: Route): Route {
  const entries = Object.entries(methods).map(([method, operation]): [string, Operation] => [
    method,
    { ...operation, handle: () => reply(REACHED, {}) },
  ]);
  return { ...route, methods: Object.fromEntries(entries) };
}

/** @param userId the last part of a path that ends with one */
async function asked(route: Route, method: string, caller: number, userId = "x"): Promise<number> {
  const operation = method === "HEAD" ? route.methods.GET : route.methods[method as "GET"];
  const knows = operation?.query?.includes("checklist");
  const url = `${ORIGIN}${route.path.replace("{id}", LIST)}${knows ? `?checklist=${LIST}` : ""}`;
  const request = new Request(url, { method, headers: { authorization: `Bearer ${caller}` } });
  const answered = await kernel.handler(emptied(route))(request, { id: LIST, userId });
  return answered.status;
}

let cells = 0;

describe("every route × method × caller", () => {
  for (const route of routes) {
    test(route.path, async () => {
      const expected: string[] = [];
      const got: string[] = [];
      for (const method of [...METHODS, "HEAD"]) {
        const row = TABLE[`${method === "HEAD" ? "GET" : method} ${route.path}`]?.replaceAll(" ", "");
        if (row !== undefined) expect(row).toHaveLength(CALLERS.length);
        for (const [index, [name]] of CALLERS.entries()) {
          const wanted = row === undefined ? 405 : STATUS[row[index] ?? ""];
          expected.push(`${method} by ${name}: ${wanted}`);
          got.push(`${method} by ${name}: ${await asked(route, method, index)}`);
          cells++;
        }
      }
      expect(got).toEqual(expected);
    });
  }

  test("a member may end its own membership, whatever its role; the owner has none to end", async () => {
    const route = routes.find(({ path }) => path === "/checklists/{id}/members/{userId}");
    if (!route) throw new Error("no such route");
    for (const [index, [name, caller]] of CALLERS.entries()) {
      const own = caller.kind === "user" ? caller.id : "x";
      const wanted = STATUS[MEMBERSHIPS.replaceAll(" ", "")[index] ?? ""];
      expect([name, await asked(route, "DELETE", index, own)]).toEqual([name, wanted ?? 0]);
      cells++;
    }
  });

  test("every operation has a row, and every row an operation", () => {
    const declared = routes.flatMap(({ path, methods }) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(declared.sort()).toEqual(Object.keys(TABLE).sort());
  });

  afterAll(() =>
    console.log(
      `note: ${cells} cells of the access table: ${routes.length} routes, ${CALLERS.length} callers`,
    ),
  );
});
