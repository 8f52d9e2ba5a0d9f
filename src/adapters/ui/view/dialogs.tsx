import { lazy } from "./lazy.tsx";
import { type Dialog, type ListDialogs, usePage } from "./page.ts";

type Of<N extends Dialog["name"]> = { readonly dialog: Extract<Dialog, { readonly name: N }> };

const Palette = lazy("more", async () => (await import("./palette.tsx")).Palette);
const Help = lazy("more", async () => (await import("./help.tsx")).Help);
const SyncPanel = lazy("more", async () => (await import("./sync-panel.tsx")).SyncPanel);
const Recent = lazy("more", async () => (await import("./recent.tsx")).Recent);
const Picker = lazy<Of<"due" | "labels" | "priority" | "move" | "repeat">>(
  "more",
  async () => (await import("./pickers.tsx")).Picker,
);
const ListDialog = lazy<{ readonly dialog: ListDialogs }>(
  "more",
  async () => (await import("./list-dialogs.tsx")).ListDialog,
);
const ClashDialog = lazy<Of<"clash">>("more", async () => (await import("./clash-dialog.tsx")).ClashDialog);

/** The dialog that is open. None is on the first screen, so each comes when it is asked for. */
export function Dialogs() {
  const dialog = usePage().dialog.value;
  switch (dialog?.name) {
    case "palette":
      return <Palette />;
    case "help":
      return <Help />;
    case "sync":
      return <SyncPanel />;
    case "recent":
      return <Recent />;
    case "due":
    case "labels":
    case "priority":
    case "move":
    case "repeat":
      return <Picker key={dialog.name} dialog={dialog} />;
    case "clash":
      return <ClashDialog key={dialog.id} dialog={dialog} />;
    case "new-list":
    case "rename-list":
    case "delete-list":
    case "share-list":
    case "export-list":
      return <ListDialog key={dialog.name} dialog={dialog} />;
    default:
      return null;
  }
}
