import type { Check } from "./check.ts";
import { expectHeader, expectSame, expectStatus, linkIn } from "./expectations.ts";

const RELATIONS = ["self", "checklists", "tasks", "service-desc", "service-doc", "health"] as const;

export const serviceChecks: readonly Check[] = [
  {
    sentence: "the root links to everything else",
    run: async (smoke) => {
      const root = await smoke.client.ask("GET", `${smoke.client.base}/`);
      expectStatus(root, 200);
      expectHeader(root, "content-type", /^application\/hal\+json/);
      for (const relation of RELATIONS) linkIn(root, root.json, relation);
      smoke.rootIs(root);
    },
  },
  {
    sentence: "health is UP",
    run: async (smoke) => {
      const health = await smoke.client.ask("GET", smoke.link("health"));
      expectStatus(health, 200);
      expectSame(`${health.asked}, member status`, health.json.status, "UP");
    },
  },
  {
    sentence: "the API has an OpenAPI document",
    run: async (smoke) => {
      const document = await smoke.client.ask("GET", smoke.link("service-desc"));
      expectStatus(document, 200);
      expectSame(`${document.asked}, member openapi`, /^3\./.test(String(document.json.openapi)), true);
    },
  },
];
