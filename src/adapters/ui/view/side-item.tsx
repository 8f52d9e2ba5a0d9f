import type { IconNode } from "lucide";
import { numberText, t } from "../text/text.ts";
import { Icon } from "./icons.tsx";
import { usePage } from "./page.ts";
import { hashOf, type ScreenName, sameScreen } from "./routes.ts";

/** Texts and numbers, so that a line that is the same as before is not drawn again. */
interface SideItemProps {
  readonly screen: ScreenName;
  readonly of?: string;
  readonly icon: IconNode;
  readonly name: string;
  readonly count?: number | undefined;
  /** What is counted, in words; default: open tasks. */
  readonly counted?: string;
  readonly isLate?: boolean;
  /** Key of the list that tasks can be dropped on. */
  readonly drop?: string | undefined;
}

/** A line of the side bar: where it leads, and how much is there. */
export function SideItem({
  screen,
  of,
  icon,
  name,
  count = 0,
  counted,
  isLate = false,
  drop,
}: SideItemProps) {
  const { route } = usePage();
  const to = { screen, ...(of === undefined ? {} : { of }) };
  return (
    <li>
      <a
        class="side-link"
        href={hashOf(to)}
        aria-current={sameScreen(to, route.value) ? "page" : undefined}
        data-drop={drop}
      >
        <Icon node={icon} />
        <span class="name">{name}</span>
        {count > 0 && (
          <>
            <span class={`count${isLate ? " count-late" : ""}`} aria-hidden="true">
              {numberText(count)}
            </span>
            <span class="hidden">, {counted ?? t("nav.open", { count })}</span>
          </>
        )}
      </a>
    </li>
  );
}
