import * as kinds from "./kinds.ts";
import type { Section } from "./section.ts";

/** Where the service listens. */
export interface AddressConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly managementPort: number | undefined;
}

export const ADDRESS: Section<AddressConfig> = {
  options: {
    host: {
      variables: ["TODOS_HOST"],
      flag: "host",
      kind: kinds.hostKind,
      fallback: () => "127.0.0.1",
      imageDefault: "0.0.0.0",
      description: "address to listen on; 0.0.0.0 or :: for all addresses",
    },
    port: {
      variables: ["TODOS_PORT", "PORT"],
      flag: "port",
      kind: kinds.portKind,
      fallback: () => 8181,
      description: "port to listen on; 0 picks a free one and prints it",
    },
    managementPort: {
      variables: ["TODOS_MANAGEMENT_PORT"],
      flag: "management-port",
      kind: kinds.portKind,
      fallback: () => undefined,
      description: "separate port for everything below /actuator except health",
    },
  },
  contradictions: ({ managementPort, port }) => {
    if (managementPort === undefined || managementPort === 0 || managementPort !== port) return [];
    return [
      `TODOS_MANAGEMENT_PORT and TODOS_PORT are both ${port}; give the management port another number or remove it`,
    ];
  },
};
