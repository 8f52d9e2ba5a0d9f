import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { t } from "../text/text.ts";
import type { Clash, ClashMember } from "../workspace/types.ts";
import { longDay, spokenTime } from "./dates.ts";
import { Closed, DialogFrame } from "./dialog.tsx";
import { memberName } from "./members.ts";
import { type Dialog, type Page, usePage } from "./page.ts";

type Side = "mine" | "theirs";

const TITLES = { changed: "clash.title", deleted: "clash.deleted", deleting: "clash.deleting" } as const;

/** What was changed here and somewhere else, side by side: nothing is overwritten until the person has chosen. */
export function ClashDialog({ dialog }: { readonly dialog: Extract<Dialog, { readonly name: "clash" }> }) {
  const page = usePage();
  const clash = page.work.clashes.value.find((row) => row.id === dialog.id);
  // Settled meanwhile, in another tab.
  if (clash === undefined) return <Closed />;
  return (
    <DialogFrame title={t(TITLES[clash.kind], { name: clash.name })} wide>
      <div class="dialog-body">
        {clash.kind === "changed" ? <Changed clash={clash} /> : <Deletion clash={clash} />}
      </div>
    </DialogFrame>
  );
}

function Changed({ clash }: { readonly clash: Clash }) {
  const page = usePage();
  const chosen = useSignal<Readonly<Record<string, Side>>>({});
  const isWhole = clash.members.every(({ member }) => chosen.value[member] !== undefined);
  const all = (side: Side) => () => {
    chosen.value = Object.fromEntries(clash.members.map(({ member }) => [member, side]));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void settled(page, clash, chosen.value);
      }}
    >
      <p class="quiet">{t("clash.explain")}</p>
      {clash.members.map((member) => (
        <Member
          key={member.member}
          clash={clash}
          member={member}
          chosen={chosen.value[member.member]}
          onChoose={(side) => {
            chosen.value = { ...chosen.value, [member.member]: side };
          }}
        />
      ))}
      <div class="dialog-acts">
        {clash.members.length > 1 && (
          <>
            <button type="button" class="button" onClick={all("mine")}>
              {t("clash.keepMine")}
            </button>
            <button type="button" class="button" onClick={all("theirs")}>
              {t("clash.keepTheirs")}
            </button>
          </>
        )}
        <button type="submit" class="button button-main" disabled={!isWhole}>
          {t("clash.settle")}
        </button>
      </div>
    </form>
  );
}

interface MemberProps {
  readonly clash: Clash;
  readonly member: ClashMember;
  readonly chosen: Side | undefined;
  readonly onChoose: (side: Side) => void;
}

function Member({ clash, member, chosen, onChoose }: MemberProps) {
  const name = memberName(member.member);
  const titles = { mine: t("clash.mine", { time: spokenTime(clash.madeAt) }), theirs: theirTime(clash) };
  return (
    <fieldset class="clash-member">
      <legend>{name}</legend>
      <div class="clash-sides">
        {(["mine", "theirs"] as const).map((side) => (
          <label class="clash-side" key={side}>
            <input
              type="radio"
              name={`clash-${member.member}`}
              checked={chosen === side}
              onChange={() => onChoose(side)}
            />
            <small>{titles[side]}</small>
            <span class="value" dir="auto">
              <Shown member={member.member} value={member[side]} />
            </span>
          </label>
        ))}
      </div>
      {member.base !== undefined && (
        <p class="quiet small">
          {t("clash.base")}: <Shown member={member.member} value={member.base} />
        </p>
      )}
    </fieldset>
  );
}

function theirTime({ theirsAt }: Clash): string {
  return theirsAt === undefined
    ? t("clash.theirs.unknown")
    : t("clash.theirs", { time: spokenTime(theirsAt) });
}

/** Deleted in one place and changed in the other: what was changed, and whether it stays. */
function Deletion({ clash }: { readonly clash: Clash }) {
  const page = usePage();
  const isHere = clash.kind === "deleting";
  const keep = clash.what === "task" ? "clash.keep" : "clash.keepList";
  return (
    <>
      <p class="quiet small">
        {isHere ? theirTime(clash) : t("clash.mine", { time: spokenTime(clash.madeAt) })}
      </p>
      <dl class="details-list">
        {clash.members.map(({ member, mine, theirs }) => (
          <Fragment key={member}>
            <dt>{memberName(member)}</dt>
            <dd dir="auto">
              <Shown member={member} value={isHere ? theirs : mine} />
            </dd>
          </Fragment>
        ))}
      </dl>
      <div class="dialog-acts">
        <button type="button" class="button" onClick={() => settled(page, clash, "drop")}>
          {t(isHere ? "clash.delete" : "clash.drop")}
        </button>
        <button type="button" class="button button-main" onClick={() => settled(page, clash, "keep")}>
          {t(isHere ? "clash.stays" : keep)}
        </button>
      </div>
    </>
  );
}

const STATUSES = ["pending", "in_progress", "completed"] as const;
const PRIORITIES = ["low", "medium", "high"] as const;

function Shown({ member, value }: { readonly member: string; readonly value: unknown }) {
  const { work } = usePage();
  if (value === null || value === undefined || value === "") return <em class="quiet">{t("clash.empty")}</em>;
  const status = STATUSES.find((known) => known === value);
  const priority = PRIORITIES.find((known) => known === value);
  if (member === "status" && status) return <>{t(`status.${status}`)}</>;
  if (member === "priority" && priority) return <>{t(`priority.${priority}`)}</>;
  if (member === "dueDate") return <>{longDay(String(value), work.day.value)}</>;
  if (member === "list") return <>{work.list(String(value)).value?.name ?? String(value)}</>;
  return <>{Array.isArray(value) ? value.join(", ") : String(value)}</>;
}

async function settled(
  page: Page,
  clash: Clash,
  choice: Parameters<Page["work"]["settle"]>[1],
): Promise<void> {
  const done = await page.act(() => page.work.settle(clash.id, choice));
  if (!done) return;
  const next = page.work.clashes.peek().find((row) => row.id !== clash.id);
  page.dialog.value = next === undefined ? undefined : { name: "clash", id: next.id };
  page.say(
    next === undefined ? t("clash.settled") : t("clash.next", { count: page.work.clashes.peek().length }),
  );
}
