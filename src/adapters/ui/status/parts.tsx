import type { ComponentChildren } from "preact";

interface PartProps {
  readonly title: string;
  readonly about?: string;
  readonly children: ComponentChildren;
}

export function Part({ title, about, children }: PartProps) {
  return (
    <section class="section">
      <h2>{title}</h2>
      {about && <p class="quiet small">{about}</p>}
      {children}
    </section>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt class="quiet">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
