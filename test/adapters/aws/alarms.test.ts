import { describe, expect, test } from "bun:test";
import { listOf, membersOf, templateOf } from "../../../scripts/checks/templates/parse.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { alarmState, metricMath, type Series } from "../../support/aws/metric-math.ts";

const MIN_TASKS = 2;
const alarm = membersOf(
  templateOf(TEMPLATES.ecs).resources.find(({ id }) => id === "TasksMissingAlarm")?.properties,
);

function tasksMissing(desired: Series, running: Series): string {
  const { Expression: expression } = membersOf(listOf(alarm.Metrics)[0]);
  const text = typeof expression === "string" ? expression : String(membersOf(expression)["Fn::Sub"]);
  const rule = {
    evaluationPeriods: Number(alarm.EvaluationPeriods),
    threshold: Number(alarm.Threshold),
    treatMissingData: String(alarm.TreatMissingData),
  };
  const filled = text.replace("$" + "{MinTasks}", String(MIN_TASKS));
  return alarmState(metricMath(filled, { desired, running }), rule);
}

const none = undefined;

describe("the alarm for missing tasks", () => {
  test.each<[string, Series, Series, string]>([
    ["all run", [2, 2, 2, 2, 2], [2, 2, 2, 2, 2], "OK"],
    ["one has been missing for five minutes", [2, 2, 2, 2, 2], [1, 1, 1, 1, 1], "ALARM"],
    ["one was missing for four minutes", [2, 2, 2, 2, 2], [2, 1, 1, 1, 1], "OK"],
    ["more were started and are not there", [9, 9, 9, 9, 9], [2, 2, 2, 2, 2], "ALARM"],
    [
      "none runs, and only how many should is known",
      [2, 2, 2, 2, 2],
      [none, none, none, none, none],
      "ALARM",
    ],
    [
      "none runs, and nothing is known",
      [none, none, none, none, none],
      [none, none, none, none, none],
      "ALARM",
    ],
    ["all stopped two minutes ago", [2, 2, 2, none, none], [2, 2, 2, none, none], "OK"],
    ["the newest minute is not there yet", [2, 2, 2, 2, none], [2, 2, 2, 2, none], "OK"],
    ["the newest minute is half there", [2, 2, 2, 2, none], [2, 2, 2, 2, 2], "OK"],
  ])("%s", (_, desired, running, state) => {
    expect(tasksMissing(desired, running)).toBe(state);
  });
});
