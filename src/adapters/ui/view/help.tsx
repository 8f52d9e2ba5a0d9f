import { t } from "../text/text.ts";
import { COMMANDS, type CommandGroup } from "./commands.ts";
import { DialogFrame } from "./dialog.tsx";
import { Keys } from "./keys.tsx";

const GROUPS: readonly CommandGroup[] = ["task", "order", "page", "go"];
/** More ways for one thing than these would only confuse. */
const SHOWN_MAX = 2;

/** Every key there is: of the same table that listens to them. */
export function Help() {
  return (
    <DialogFrame title={t("help.title")} wide>
      <div class="dialog-body" tabIndex={0}>
        <div class="keys">
          {GROUPS.map((group) => (
            <section key={group}>
              <h3>{t(`help.${group}`)}</h3>
              <dl>{COMMANDS.filter((command) => command.group === group && command.keys).map(line)}</dl>
            </section>
          ))}
        </div>
        <p class="quiet small section">{t("help.off")}</p>
      </div>
    </DialogFrame>
  );
}

function line({ id, keys = [] }: (typeof COMMANDS)[number]) {
  const shown = keys.filter((press) => !press.includes("Shift+")).slice(0, SHOWN_MAX);
  return (
    <div key={id}>
      <dt>{t(`command.${id}`)}</dt>
      <dd>
        {shown.map((press) => (
          <Keys key={press} keys={press} />
        ))}
      </dd>
    </div>
  );
}
