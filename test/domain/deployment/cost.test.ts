import { expect, test } from "bun:test";
import { readTemplate } from "../../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { costsOf } from "../../../src/application/deploy/planning.ts";
import { environmentNames } from "../../../src/domain/deployment/names.ts";

const templates = { network: readTemplate(TEMPLATES.network), ecs: readTemplate(TEMPLATES.ecs) };

test("alarms count by the metrics they look at, scaling's own are added, and so are the metrics of Container Insights and of the log", () => {
  const settings = { architecture: "amd64", tags: {} } as const;
  const inputs = { settings, network: {}, states: new Map(), imageUri: "" };
  const costs = costsOf({ run: { names: environmentNames(undefined) }, templates }, inputs);
  const usd = (wanted: string) => costs.find(({ what }) => what === wanted)?.monthlyUsd;
  const alarms = templates.ecs.resources.filter(({ type }) => type === "AWS::CloudWatch::Alarm");
  // One looks at two metrics; each of the two policies of scaling has two alarms.
  expect(usd("alarms")).toBeCloseTo((alarms.length + 1 + 2 * 2) * 0.1, 5);
  expect(usd("Container Insights")).toBeCloseTo(37 * 0.3, 5);
  expect(usd("metrics of the log")).toBeCloseTo(2 * 0.3, 5);
});
