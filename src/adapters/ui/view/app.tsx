import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { startUrl } from "../shell/start.ts";

const HAL_FORMS = "application/prs.hal-forms+json";

/** The names of what the service links to from its root. */
export function App() {
  const relations = useSignal<readonly string[]>([]);
  useEffect(() => {
    linkedFrom(startUrl()).then((names) => {
      relations.value = names;
    }, console.error);
  }, []);
  return (
    <main>
      <h1>todos</h1>
      <ul>
        {relations.value.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </main>
  );
}

async function linkedFrom(url: string): Promise<readonly string[]> {
  const response = await fetch(url, { headers: { accept: HAL_FORMS } });
  const { _links } = (await response.json()) as { readonly _links: object };
  return Object.keys(_links);
}
