import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import type { Service } from "../../support/service.ts";
import { Browser, type Hooks, RETRYING_SOON } from "./browser.ts";
import { until } from "./until.ts";

/** The page in a tab, as soon as it is online and its person may add tasks to the list. */
export async function openedAt(
  { url }: Service,
  list: string,
  hooks: Hooks = {},
  browser: Browser = new Browser(url),
) {
  const tab = browser.open({ ...RETRYING_SOON, ...hooks });
  const { workspace } = tab;
  await until(
    () => workspace.list(list).value?.may.write === true && workspace.connection.value === "online",
  );
  return { tab, browser, workspace };
}

export function saved({ sync }: Workspace): Promise<void> {
  return until(() => sync.value.kind === "saved");
}
