import type accounts from "./en/accounts.ts";
import type first from "./en/first.ts";
import type more from "./en/more.ts";
import type repeat from "./en/repeat.ts";
import type status from "./en/status.ts";
import type transfer from "./en/transfer.ts";

/** Every language of the page. To add one: a folder like `de/`, a line here and one in {@link PARTS}. */
export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];
/** A text; or one for 1 and one for any other number, chosen by the value `count`. */
export type Text = string | { readonly one: string; readonly other: string };
/** A catalogue of the same keys as `C`: what every language must have. */
export type Same<C> = { readonly [K in keyof C]: Text };
/** English is the catalogue's type; each part is loaded with the code that shows it. */
interface English {
  readonly accounts: typeof accounts;
  readonly first: typeof first;
  readonly more: typeof more;
  readonly status: typeof status;
  readonly repeat: typeof repeat;
  readonly transfer: typeof transfer;
}
export type Part = keyof English;
export type CatalogueKey = { [P in Part]: keyof English[P] }[Part];

type Loaders = { readonly [P in Part]: () => Promise<Same<English[P]>> };

export const PARTS: Readonly<Record<Language, Loaders>> = {
  en: {
    accounts: async () => (await import("./en/accounts.ts")).default,
    first: async () => (await import("./en/first.ts")).default,
    more: async () => (await import("./en/more.ts")).default,
    status: async () => (await import("./en/status.ts")).default,
    repeat: async () => (await import("./en/repeat.ts")).default,
    transfer: async () => (await import("./en/transfer.ts")).default,
  },
  de: {
    accounts: async () => (await import("./de/accounts.ts")).default,
    first: async () => (await import("./de/first.ts")).default,
    more: async () => (await import("./de/more.ts")).default,
    status: async () => (await import("./de/status.ts")).default,
    repeat: async () => (await import("./de/repeat.ts")).default,
    transfer: async () => (await import("./de/transfer.ts")).default,
  },
};
