import { describe, expect, test } from "bun:test";
import { overhang } from "../../support/browser.ts";
import { startService } from "../../support/service.ts";
import { setUp } from "../accounts/page.ts";
import { startWithAccounts } from "../accounts/support.ts";
import { accessProblems, journey, PHONE, person, picture, world } from "./support.ts";

describe("the operator's page", () => {
  const alone = world();

  for (const colorScheme of ["light", "dark"] as const) {
    journey(`${colorScheme}: health, charts, the instance and what doctor says, on a phone`, async () => {
      await using operator = await person(alone.browser, alone.service.url, {
        path: undefined,
        viewport: PHONE,
        colorScheme,
      });
      const { page } = operator;
      await page.clock.install();
      await page.goto(`${alone.service.url}/status`);
      await page.getByText("UP", { exact: true }).first().waitFor();
      await page.getByText("diskSpace").waitFor();
      await page.getByText("accounts: off").waitFor();
      for (const fact of ["Version", "Built from commit", "Running since"])
        await page.getByText(fact, { exact: true }).waitFor();
      // Nobody told it of a deployment.
      expect(await page.getByText("Last deployed").count()).toBe(0);
      await page.clock.runFor(6_000);
      await page.getByRole("img", { name: /^Requests: now [\d.,]+ \/s, highest/ }).waitFor();
      expect(await page.getByText("sqlite: ").innerText()).toContain("fsync");
      expect(await accessProblems(page)).toEqual([]);
      expect(await overhang(page)).toBeLessThanOrEqual(0);
      await picture(page, `status-${colorScheme}`);
    });
  }

  journey("is on the management port where there is one, and then not on the service's own", async () => {
    const deployment = { TODOS_DEPLOYED_AT: "2026-03-01T12:00:00Z" };
    await using service = await startService({ TODOS_MANAGEMENT_PORT: "0", ...deployment });
    for (const path of ["/", "/status"]) {
      await using operator = await person(alone.browser, service.managementUrl ?? "", { path });
      await operator.page.getByText("free space: ").waitFor();
      const deployed = operator.page.locator(".facts div").filter({ hasText: "Last deployed" });
      expect(await deployed.innerText()).toContain("1 Mar 2026");
    }
    await using anyone = await person(alone.browser, service.url, { path: "/status" });
    await anyone.page.getByText("To see more, sign in as an admin").waitFor();
  });

  journey("with accounts an admin sees it all, anyone else only the health", async () => {
    await using service = await startWithAccounts();
    await using admin = await person(alone.browser, service.url, { path: "/status" });
    await admin.page.getByText("To see more, sign in as an admin").waitFor();
    expect(await admin.page.getByRole("img").count()).toBe(0);
    expect(await accessProblems(admin.page)).toEqual([]);
    await setUp(service, admin.page);
    await admin.page.reload();
    await admin.page.getByText("users: there is an admin").waitFor();
  });

  test("its figures are there for programs, too", async () => {
    const info = await (await fetch(`${alone.service.url}/actuator/info`)).json();
    expect(Object.keys(info as object)).toEqual(["build", "git", "store"]);
    const response = await fetch(`${alone.service.url}/actuator/doctor`);
    const { status, findings } = (await response.json()) as { status: string; findings: { check: string }[] };
    expect(status).toBe("UP");
    expect(findings.map(({ check }) => check)).toEqual([
      "free space",
      "certificate",
      "open files",
      "clock",
      "accounts",
      "users",
    ]);
  });
});
