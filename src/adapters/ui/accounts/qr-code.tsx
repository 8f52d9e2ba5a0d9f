import { qrCode } from "../../../lib/qr.ts";

/** Readers want that much light around it. */
const MARGIN = 4;

/** Dark on light in every theme: many readers know nothing else. */
export function QrCode({ text, name }: { readonly text: string; readonly name: string }) {
  const modules = qrCode(text);
  const size = modules.length + 2 * MARGIN;
  const path = modules.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x + MARGIN} ${y + MARGIN}h1v1h-1z`] : [])),
  );
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={name} shape-rendering="crispEdges">
      <rect class="qr-light" width={size} height={size} />
      <path class="qr-dark" d={path.join("")} />
    </svg>
  );
}
