import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { startUrl } from "../shell/start.ts";

/** What the service says about its health. */
export function Status() {
  const health = useSignal<string | undefined>(undefined);
  useEffect(() => {
    healthOf(startUrl()).then(
      (status) => {
        health.value = status;
      },
      (error: unknown) => {
        health.value = String(error);
      },
    );
  }, []);
  return (
    <main>
      <h1>todos</h1>
      <p>{health.value}</p>
    </main>
  );
}

async function healthOf(root: string): Promise<string> {
  const { _links } = await jsonOf<{ _links: { health: { href: string } } }>(root);
  return (await jsonOf<{ status: string }>(_links.health.href)).status;
}

async function jsonOf<T>(url: string): Promise<T> {
  return (await fetch(url, { headers: { accept: "application/json" } })).json();
}
