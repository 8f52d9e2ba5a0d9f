import { describe, expect, test } from "bun:test";
import { countedTests, failuresFirst, fileTimes, judged, together } from "../../scripts/checks/bun-tests.ts";
import { commandStep, ran } from "../../scripts/checks/command.ts";
import { groupedFiles, partsOf, testGroups } from "../../scripts/checks/groups.ts";
import { runSteps, summary } from "../../scripts/checks/runner.ts";
import { FAILED, type Lane, PASSED, type Step } from "../../scripts/checks/step.ts";
import { ROOT } from "../support/binary.ts";

const local = { root: ROOT, nightly: false, ci: false };
const ci = { ...local, ci: true };
const good: Step = { name: "good", required: true, run: async () => ({ ...PASSED, output: "quiet" }) };
const bad: Step = {
  name: "bad",
  required: true,
  run: async () => ({ ...FAILED, output: "what went wrong" }),
};
const lacking: Step = { ...good, name: "lacking", needs: () => "no chromium" };

async function told(steps: readonly Step[], context = local) {
  const lines: string[] = [];
  return { total: await runSteps([steps], context, (line) => lines.push(line)), text: lines.join("\n") };
}

describe("npm test", () => {
  test("counts, and shows only the output of what failed", async () => {
    const { total, text } = await told([good, bad]);
    expect(total).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(text).toContain("what went wrong");
    expect(text).not.toContain("quiet");
  });

  test("says what it skipped and why", async () => {
    const { total, text } = await told([lacking]);
    expect(total).toEqual({ passed: 0, failed: 0, skipped: 1 });
    expect(text).toContain("skipped: lacking: no chromium");
  });

  test("in CI a required part that can't run is a failure, others are not", async () => {
    expect((await told([lacking], ci)).total).toEqual({ passed: 0, failed: 1, skipped: 0 });
    const optional = { ...lacking, required: false };
    expect((await told([optional], ci)).total).toEqual({ passed: 0, failed: 0, skipped: 1 });
  });

  test("a step that throws has failed, and the others still run", async () => {
    const broken: Step = { ...good, run: () => Promise.reject(new Error("boom")) };
    const { total, text } = await told([broken, good]);
    expect(total).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(text).toContain("boom");
  });

  test("runs the steps of a stage in two lanes, each in order, and the next stage after both", async () => {
    const order: string[] = [];
    const met = Promise.withResolvers<void>();
    const step = (name: string, lane: Lane, wait?: Promise<void>): Step => ({
      ...good,
      name,
      lane,
      run: async () => {
        await wait;
        order.push(name);
        if (name === "other 2") met.resolve();
        return { ...PASSED, output: "" };
      },
    });
    const stages = [
      [
        step("cluster 1", "clusters", met.promise),
        step("cluster 2", "clusters"),
        step("other 1", "others"),
        step("other 2", "others"),
      ],
      [step("last", "others")],
    ];
    expect(await runSteps(stages, local, () => {}, 2)).toEqual({ passed: 5, failed: 0, skipped: 0 });
    expect(order).toEqual(["other 1", "other 2", "cluster 1", "cluster 2", "last"]);
  });

  test("steps whose tests depend on time never run side by side, and others do not wait for them", async () => {
    const order: string[] = [];
    const othersDone = Promise.withResolvers<void>();
    const step = (name: string, lane: Lane, timed: boolean, wait?: Promise<void>): Step => ({
      ...good,
      ...{ name, lane, timed },
      run: async () => {
        order.push(`${name} begins`);
        await wait;
        order.push(`${name} ends`);
        if (name === "untimed") othersDone.resolve();
        return { ...PASSED, output: "" };
      },
    });
    const stage = [
      step("faults", "clusters", true, othersDone.promise),
      step("untimed", "others", false),
      step("timed", "others", true),
    ];
    await runSteps([stage], local, () => {}, 2);
    expect(order.slice(-3)).toEqual(["faults ends", "timed begins", "timed ends"]);
    expect(order.indexOf("untimed ends")).toBeLessThan(order.indexOf("faults ends"));
  });

  test("in two lanes, programs give way to those that depend on time; in one lane, none does", async () => {
    const niceness = async (timed: boolean, lanes: 1 | 2) => {
      let seen = "";
      const step: Step = {
        ...good,
        timed,
        async run(context) {
          seen = (await ran(context, ["nice"])).output.trim();
          return { ...PASSED, output: "" };
        },
      };
      await runSteps([[step]], local, () => {}, lanes);
      return Number(seen);
    };
    const own = await niceness(true, 2);
    expect([await niceness(false, 2), await niceness(false, 1)]).toEqual([Math.min(own + 10, 19), own]);
  });

  test("says what a step's programs took of a processor, with their children", async () => {
    const loop = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done";
    const { text } = await told([commandStep("busy", "sh", "-c", `sh -c '${loop}'; true`), good]);
    expect(Number(/busy, .* s \((.*) s of a processor\)$/m.exec(text)?.[1])).toBeGreaterThan(0.05);
    expect(text).toMatch(/good, \d+\.\d s$/m);
  });

  test("whatever starts a Cassandra is in the lane of clusters", async () => {
    const grouped = await groupedFiles(ROOT);
    const others = testGroups.filter(({ lane }) => lane !== "clusters").map(({ name }) => name);
    const starting: string[] = [];
    for (const file of others.flatMap((name) => grouped.get(name) ?? [])) {
      const text = await Bun.file(`${ROOT}/${file}`).text();
      if (/from ".*support\/(cassandra\/(cluster|shared)|keyspaces\/(keyspaces|shared))\.ts"/.test(text))
        starting.push(file);
    }
    expect(starting).toEqual([]);
  });

  test("a group's parts have each of its files once, and what no part names is one more", () => {
    const files = ["a/keyspaces.test.ts", "a/rules.test.ts", "b/copy.test.ts", "b/keyspaces.test.ts"];
    expect(partsOf(files, [["*/keyspaces.test.ts"], ["b/**"]])).toEqual([
      ["a/keyspaces.test.ts", "b/keyspaces.test.ts"],
      ["a/rules.test.ts"],
      ["b/copy.test.ts"],
    ]);
  });

  test("the outcomes of a group's parts are one, with the output of those that failed", () => {
    const first = { passed: 2, failed: 0, skipped: 1, output: "all well", skips: ["a"], notes: ["1 ms"] };
    const times = [{ file: "b.test.ts", seconds: 1 }];
    const second = { passed: 1, failed: 1, skipped: 0, output: "what went wrong", notes: ["2 ms"], times };
    expect(together([first, second])).toEqual({
      ...{ passed: 3, failed: 1, skipped: 1, output: "what went wrong" },
      ...{ skips: ["a"], notes: ["1 ms", "2 ms"], times },
    });
  });

  test("runs every test file once", async () => {
    const files = [...(await groupedFiles(ROOT)).values()].flat();
    const all = await Array.fromAsync(new Bun.Glob("test/**/*.test.{ts,tsx}").scan(ROOT));
    expect(files.toSorted()).toEqual(all.toSorted());
  });

  test("names the slowest files", async () => {
    const times = [
      { file: "test/a.test.ts", seconds: 1 },
      { file: "test/b.test.ts", seconds: 12.34 },
    ];
    const { text } = await told([{ ...good, run: async () => ({ ...PASSED, output: "", times }) }]);
    expect(text).toEndWith("   12.3 s  test/b.test.ts\n    1.0 s  test/a.test.ts");
  });

  test("ends with the counts in one form", () => {
    expect(summary({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
    expect(summary({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });

  test("names failures before everything else, with their output", () => {
    const lines = [
      "a.test.ts:",
      "chatter",
      "(pass) one",
      "error: expected 1",
      "(fail) two",
      "(pass) three",
      "1 fail",
    ];
    const text = failuresFirst(lines.join("\n"));
    expect(text.split("\n")).toEqual(["(fail) two", "", "error: expected 1", "(fail) two", "", "1 fail"]);
  });

  test("a program's exit code decides, and its two streams are in order", async () => {
    const script = "echo one; echo two >&2; echo three; exit 3";
    expect(await ran(local, ["sh", "-c", script])).toEqual({ exitCode: 3, output: "one\ntwo\nthree\n" });
    expect(await commandStep("x", "sh", "-c", script).run(local)).toMatchObject(FAILED);
    expect(await commandStep("x", "true").run(local)).toMatchObject(PASSED);
  });

  test("bun's report is counted test by test", () => {
    const xml = `<testsuites><testsuite name="a"><testcase name="one" time="1"/>
      <testcase name="two"><failure type="AssertionError"/></testcase>
      <testcase name="three &gt; four"><skipped/></testcase></testsuite></testsuites>`;
    expect(countedTests(xml)).toEqual({ passed: 1, failed: 1, skippedNames: ["three > four"] });
    expect(countedTests("")).toEqual({ passed: 0, failed: 0, skippedNames: [] });
  });

  test("a file's time is the report's, and not that of a part of it", () => {
    const xml = `<testsuite name="test/a.test.ts" file="test/a.test.ts" tests="1" time="1.5" hostname="h">
      <testsuite name="part" file="test/a.test.ts" line="3" time="0.5"></testsuite></testsuite>`;
    expect(fileTimes(xml)).toEqual([{ file: "test/a.test.ts", seconds: 1.5 }]);
  });

  test("a skipped test fails in CI, except one that can't run as root, or that runs at night", () => {
    const skippedNames = ["a (needs zsh)", "b (not as root)", "c (at full size)"];
    const counted = { passed: 5, failed: 0, skippedNames };
    expect(judged(counted, 0, "", false)).toMatchObject({ passed: 5, failed: 0, skipped: 3 });
    expect(judged(counted, 0, "", true)).toMatchObject({ passed: 5, failed: 1, skipped: 2 });
  });

  test("notes of tests are shown, and nothing else that they print", () => {
    const output = "bun test\nnote: 30 rounds, 0 lost\n(pass) note: no\nnote: 2\n";
    const counted = { passed: 1, failed: 0, skippedNames: [] };
    expect(judged(counted, 0, output, false).notes).toEqual(["30 rounds, 0 lost", "2"]);
  });

  test("a run that ends badly has a failure, even if the report counts none", () => {
    expect(judged({ passed: 5, failed: 0, skippedNames: [] }, 1, "", false)).toMatchObject({ failed: 1 });
    expect(judged({ passed: 5, failed: 3, skippedNames: [] }, 1, "", false)).toMatchObject({ failed: 3 });
  });
});
