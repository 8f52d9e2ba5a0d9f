import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** HTTPS. */
export interface TlsConfig {
  /** Paths of PEM files: both or neither. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

export const TLS: Section<TlsConfig> = {
  options: {
    tlsCert: {
      variables: ["TODOS_TLS_CERT"],
      flag: "tls-cert",
      kind: kinds.pathKind,
      fallback: () => undefined,
      fallbackText: "none: plain HTTP",
      description: "PEM file with the certificate chain; with a key, the service speaks HTTPS",
    },
    tlsKey: {
      variables: ["TODOS_TLS_KEY"],
      flag: "tls-key",
      kind: kinds.pathKind,
      fallback: () => undefined,
      description: "PEM file with the certificate's private key",
    },
  },
  contradictions: (_, { by }) => {
    const cert = by.get("tlsCert");
    const key = by.get("tlsKey");
    if ((cert === undefined) === (key === undefined)) return [];
    const missing = cert === undefined ? "TODOS_TLS_CERT (--tls-cert)" : "TODOS_TLS_KEY (--tls-key)";
    return [`${cert ?? key} is set without ${missing}; HTTPS needs both, HTTP neither`];
  },
};
