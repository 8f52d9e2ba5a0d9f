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

/** The alarm's eight minutes: earlier ones of one value, then these. */
function minutes(before: number | undefined, ...newest: Series): Series {
  return [...Array(8 - newest.length).fill(before), ...newest];
}

describe("the alarm for missing tasks", () => {
  test.each<[string, Series, Series, string]>([
    ["all run", minutes(2), minutes(2), "OK"],
    ["one has been missing for eight minutes", minutes(2), minutes(1), "ALARM"],
    ["one was missing for seven minutes", minutes(2), [2, 1, 1, 1, 1, 1, 1, 1], "OK"],
    ["more were started and are not there", minutes(9), minutes(2), "ALARM"],
    ["none runs, and only how many should is known", minutes(2), minutes(none), "ALARM"],
    ["none runs, and nothing is known", minutes(none), minutes(none), "ALARM"],
    ["all stopped two minutes ago", minutes(2, none, none), minutes(2, none, none), "OK"],
    ["the newest minute is not there yet", minutes(2, none), minutes(2, none), "OK"],
    ["the newest minute is half there", minutes(2, none), minutes(2), "OK"],
    [
      "one has been missing for five minutes, and the newest three are not there yet",
      minutes(2, none, none, none),
      minutes(1, none, none, none),
      "ALARM",
    ],
    [
      "one was missing for two minutes, and the newest three are not there yet",
      minutes(2, none, none, none),
      minutes(2, 1, 1, none, none, none),
      "OK",
    ],
    [
      "all run, and the newest five minutes are not there yet",
      minutes(2, none, none, none, none, none),
      minutes(2, none, none, none, none, none),
      "OK",
    ],
  ])("%s", (_, desired, running, state) => {
    expect(tasksMissing(desired, running)).toBe(state);
  });
});
