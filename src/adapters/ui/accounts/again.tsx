import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { ApiError } from "../api/api-error.ts";
import type { Templates } from "../api/types.ts";
import { t } from "../text/text.ts";
import type { Workspace } from "../workspace/types.ts";
import { Modal } from "./modal.tsx";
import { useResource } from "./resources.ts";
import { SignIn } from "./sign-in.tsx";

const FORBIDDEN = 403;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Runs an act; if the service requires a recent sign-in first, asks for one and runs the act again. */
export type Confirmed = <T>(act: () => Promise<T>) => Promise<T>;

export interface Confirming {
  readonly confirmed: Confirmed;
  /** To be shown by the component. */
  readonly dialog: ComponentChildren;
}

/**
 * For what changes how somebody gets in. The service offers only forms that the caller may use, so what is refused after
 * all is refused because the session is too old.
 */
export function useConfirming(work: Workspace): Confirming {
  const waiting = useSignal<Waiting | undefined>(undefined);
  const confirmed: Confirmed = async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== FORBIDDEN) throw error;
      await new Promise<void>((resolve, reject) => {
        waiting.value = { resolve, reject: () => reject(error) };
      });
      return await act();
    }
  };
  const end = (how: "resolve" | "reject") => {
    const { value } = waiting;
    waiting.value = undefined;
    value?.[how](undefined);
  };
  const dialog = waiting.value && (
    <Again work={work} done={async () => end("resolve")} close={() => end("reject")} />
  );
  return { confirmed, dialog };
}

interface AgainProps {
  readonly work: Workspace;
  readonly done: () => Promise<void>;
  readonly close: () => void;
}

function Again({ work, done, close }: AgainProps) {
  const { resource } = useResource(work.api, work.root.value?._links.me);
  return (
    <Modal title={t("accounts.again.title")} close={close}>
      <p class="quiet">{t("accounts.again.about")}</p>
      {resource && (
        <SignIn api={work.api} templates={waysIn(resource._templates ?? {})} returnTo={here()} done={done} />
      )}
    </Modal>
  );
}

/** Where the browser comes back to from a provider. */
function here(): string {
  return `/${location.hash}`;
}

function waysIn(templates: Templates): Templates {
  return Object.fromEntries(Object.entries(templates).filter(([name]) => name.startsWith("sign-in")));
}
