import { describe, expect, test } from "bun:test";
import { configurationTable } from "../src/config/document.ts";
import { CONFIG_KEYS, CONFIG_OPTIONS } from "../src/config/options.ts";
import { asksForKeyspaces, keyspacesRegion, readConfig } from "../src/config.ts";

function read(
  environment: Record<string, string>,
  flags: Record<string, string> = {},
  more: Partial<Parameters<typeof readConfig>[0]> = {},
) {
  return readConfig({ environment, flags: new Map(Object.entries(flags)), terminal: false, ...more });
}

describe("defaults", () => {
  test("nothing set → every default, no mistake, no warning", () => {
    const { config, mistakes, warnings } = read({});
    expect([mistakes, warnings]).toEqual([[], []]);
    expect(config).toEqual({
      host: "127.0.0.1",
      port: 8181,
      managementPort: undefined,
      sqlitePath: "data/todos.db",
      cassandraEndpoints: [],
      cassandraPort: undefined,
      cassandraKeyspace: "todos",
      cassandraSsl: false,
      cassandraSslCa: undefined,
      cassandraSslServerName: undefined,
      cassandraLocalDatacenter: undefined,
      cassandraAuth: undefined,
      cassandraUsername: undefined,
      cassandraPassword: undefined,
      awsRegion: undefined,
      publicUrl: undefined,
      trustedProxies: [],
      forwardedHeaders: "x-forwarded",
      allowedHosts: [],
      corsOrigins: [],
      requireIfMatch: false,
      readOnly: false,
      trashDays: 30,
      deployedAt: undefined,
      healthDetails: "never",
      actuatorWrites: false,
      sharedEvents: true,
      auth: "none",
      ignoreUsers: false,
      sessionIdleMs: 30 * 86_400_000,
      sessionMaxMs: 90 * 86_400_000,
      smokeToken: undefined,
      oidcIssuer: undefined,
      oidcClientId: undefined,
      oidcClientSecret: undefined,
      oidcName: "OpenID Connect",
      oidcSignUp: false,
      oidcAdminGroup: undefined,
      oidcAudience: undefined,
      authProxyHeader: undefined,
      authProxySecret: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
      logLevel: "INFO",
      logFormat: "json",
      accessLog: false,
      drainDelayMs: 0,
      drainTimeoutMs: 25_000,
    });
  });

  test("on a terminal the log is readable for people", () => {
    expect(read({}, {}, { terminal: true }).config.logFormat).toBe("pretty");
  });

  test("an empty variable counts as unset", () => {
    const { config, mistakes } = read({ TODOS_PORT: "", TODOS_HOST: "", TODOS_TLS_CERT: "" });
    expect(mistakes).toEqual([]);
    expect(config.port).toBe(8181);
  });

  test("the configuration is frozen, including its lists", () => {
    const { config } = read({ TODOS_CORS_ORIGINS: "https://a.example" });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.corsOrigins)).toBe(true);
  });
});

describe("where values come from", () => {
  test("a flag overrides its variable, the variable the default, and each source is named", () => {
    const { config, provenance } = read({ TODOS_PORT: "9000", TODOS_HOST: "::1" }, { port: "9001" });
    expect(config).toMatchObject({ port: 9001, host: "::1" });
    const origins = Object.fromEntries(provenance.map(({ key, source, origin }) => [key, [source, origin]]));
    expect(origins.port).toEqual(["flag", "--port"]);
    expect(origins.host).toEqual(["environment", "TODOS_HOST"]);
    expect(origins.sqlitePath).toEqual(["default", "default"]);
  });

  test("PORT counts if TODOS_PORT is not set, and only then", () => {
    expect(read({ PORT: "7000" }).config.port).toBe(7000);
    expect(read({ PORT: "7000" }).provenance.find(({ key }) => key === "port")?.origin).toBe("PORT");
    expect(read({ PORT: "7000", TODOS_PORT: "8000" }).config.port).toBe(8000);
    expect(read({ PORT: "nonsense", TODOS_PORT: "8000" }).mistakes).toEqual([]);
  });

  test("a secret is hidden in provenance and in mistakes", () => {
    const secret = { ...CONFIG_OPTIONS, host: { ...CONFIG_OPTIONS.host, secret: true } };
    const sources = { flags: new Map<string, string>(), terminal: false };
    const good = readConfig({ ...sources, environment: { TODOS_HOST: "hush.example" } }, secret);
    expect(good.config.host).toBe("hush.example");
    const bad = readConfig({ ...sources, environment: { TODOS_HOST: "hush hush" } }, secret);
    expect(bad.mistakes).toHaveLength(1);
    expect(JSON.stringify([good.provenance, bad.provenance, bad.mistakes])).not.toContain("hush");
  });
});

describe("mistakes", () => {
  test("every mistake is named at once, with variable or flag, value, and what is accepted", () => {
    const { mistakes } = read(
      {
        TODOS_PORT: "eighty",
        TODOS_HOST: "1.2.3",
        TODOS_LOG_LEVEL: "inof",
        TODOS_PUBLIC_URL: "todos.example",
      },
      { "read-only": "maybe" },
    );
    expect(mistakes).toHaveLength(5);
    expect(mistakes[0]).toStartWith('TODOS_HOST is "1.2.3"; it must be an IP address or a host name');
    expect(mistakes[1]).toBe(
      'TODOS_PORT is "eighty"; it must be a whole number from 0 to 65535 (0 picks a free port)',
    );
    expect(mistakes[2]).toStartWith(
      'TODOS_PUBLIC_URL is "todos.example"; it must be an absolute http or https URL',
    );
    expect(mistakes[3]).toStartWith('--read-only is "maybe"; it must be true or false');
    expect(mistakes[4]).toEndWith("did you mean info?");
  });

  test.each([
    ["TODOS_TLS_CERT", "TODOS_TLS_KEY"],
    ["TODOS_TLS_KEY", "TODOS_TLS_CERT"],
  ])("%s without %s → both or none", (given, missing) => {
    expect(read({ [given]: "a.pem" }).mistakes).toEqual([expect.stringContaining(`without ${missing}`)]);
    expect(read({ TODOS_TLS_CERT: "a.pem", TODOS_TLS_KEY: "b.pem" }).mistakes).toEqual([]);
  });

  test("the management port can't be the service's own, but both may be 0", () => {
    expect(read({ TODOS_PORT: "9000", TODOS_MANAGEMENT_PORT: "9000" }).mistakes).toHaveLength(1);
    expect(read({ TODOS_PORT: "0", TODOS_MANAGEMENT_PORT: "0" }).mistakes).toEqual([]);
  });

  test("a command is not stopped by settings that it does not read", () => {
    const sources = { TODOS_PORT: "eighty", CASSANDRA_ENDPOINTS: "10.0.0.1" };
    expect(read(sources, {}, { keys: ["host"] }).mistakes).toEqual([]);
    expect(read(sources, {}, { keys: ["port"] }).mistakes).toHaveLength(1);
  });

  test("an unknown TODOS_ variable is a warning with a suggestion", () => {
    const { warnings, mistakes } = read({ TODOS_PROT: "1", TODOS_FOO: "1", TODOS_XYZZY: "1", OTHER: "1" });
    expect(mistakes).toEqual([]);
    expect(warnings).toEqual([
      "unknown variable TODOS_PROT has no effect; did you mean TODOS_PORT?",
      "unknown variable TODOS_FOO has no effect",
      "unknown variable TODOS_XYZZY has no effect",
    ]);
  });
});

describe("Cassandra", () => {
  const at = (environment: Record<string, string>, flags: Record<string, string> = {}) =>
    read({ CASSANDRA_ENDPOINTS: "10.0.0.1,node-2.internal", ...environment }, flags);

  test("endpoints, port, keyspace, data centre and login are read", () => {
    const { config, mistakes, warnings } = at({
      CASSANDRA_PORT: "9043",
      CASSANDRA_KEYSPACE: "todos_try",
      CASSANDRA_LOCAL_DATACENTER: "Frankfurt 1",
      CASSANDRA_USERNAME: "todos",
      CASSANDRA_PASSWORD: " with spaces ",
    });
    expect([mistakes, warnings]).toEqual([[], []]);
    expect(config).toMatchObject({
      cassandraEndpoints: ["10.0.0.1", "node-2.internal"],
      cassandraPort: 9043,
      cassandraKeyspace: "todos_try",
      cassandraLocalDatacenter: "Frankfurt 1",
      cassandraUsername: "todos",
      cassandraPassword: " with spaces ",
    });
  });

  test("the password is shown nowhere, and has no flag: a command line is no secret", () => {
    const { provenance } = at({ CASSANDRA_USERNAME: "u", CASSANDRA_PASSWORD: "hush" });
    expect(JSON.stringify(provenance)).not.toContain("hush");
    expect(read({}, { "cassandra-password": "hush" }).config.cassandraPassword).toBeUndefined();
    expect(configurationTable()).not.toContain("--cassandra-password");
  });

  test.each([
    [{ CASSANDRA_ENDPOINTS: "10.0.0.1:9042" }, "CASSANDRA_ENDPOINTS is "],
    [{ CASSANDRA_ENDPOINTS: "keyspaces,10.0.0.1" }, "CASSANDRA_ENDPOINTS is "],
    [{ CASSANDRA_PORT: "0" }, "CASSANDRA_PORT is "],
    [{ CASSANDRA_KEYSPACE: "Todos" }, "CASSANDRA_KEYSPACE is "],
    [{ CASSANDRA_USERNAME: "u" }, "CASSANDRA_USERNAME is set without CASSANDRA_PASSWORD"],
    [{ CASSANDRA_PASSWORD: "p" }, "CASSANDRA_PASSWORD is set without CASSANDRA_USERNAME"],
    [{ CASSANDRA_AUTH: "password" }, "CASSANDRA_AUTH=password needs CASSANDRA_USERNAME"],
    [{ CASSANDRA_AUTH: "none", CASSANDRA_USERNAME: "u" }, "CASSANDRA_AUTH=none does not use it"],
    [{ CASSANDRA_SSL_CA: "ca.pem" }, "CASSANDRA_SSL_CA is set without CASSANDRA_SSL=true"],
    [{ CASSANDRA_SSL: "true" }, "CASSANDRA_SSL needs CASSANDRA_SSL_SERVER_NAME"],
    [
      { CASSANDRA_SSL: "true", CASSANDRA_ENDPOINTS: "10.0.0.1" },
      "CASSANDRA_SSL needs CASSANDRA_SSL_SERVER_NAME",
    ],
    [
      { SPRING_PROFILES_ACTIVE: "prod, aws" },
      "CASSANDRA_ENDPOINTS lists hosts, but SPRING_PROFILES_ACTIVE=aws",
    ],
  ])("%p → one sentence that names the setting", (environment, sentence) => {
    expect(at(environment).mistakes).toEqual([expect.stringContaining(sentence)]);
  });

  test("one host by name needs no server name for TLS", () => {
    expect(at({ CASSANDRA_ENDPOINTS: "db.example", CASSANDRA_SSL: "true" }).mistakes).toEqual([]);
  });

  test("several contradictions are named at once", () => {
    const { mistakes } = at(
      { CASSANDRA_SSL: "true", CASSANDRA_AUTH: "none", CASSANDRA_USERNAME: "u" },
      { sqlite: "a.db" },
    );
    expect(mistakes).toHaveLength(3);
    expect(mistakes[0]).toBe(
      "--sqlite asks for SQLite and CASSANDRA_ENDPOINTS for Cassandra; remove one of them",
    );
  });

  test.each([
    [
      { CASSANDRA_ENDPOINTS: "keyspaces" },
      "CASSANDRA_ENDPOINTS asks for Amazon Keyspaces, but no region is set",
    ],
    [
      { SPRING_PROFILES_ACTIVE: "prod, aws" },
      "SPRING_PROFILES_ACTIVE asks for Amazon Keyspaces, but no region is set",
    ],
    [
      { CASSANDRA_ENDPOINTS: "10.0.0.1", CASSANDRA_AUTH: "sigv4" },
      "CASSANDRA_AUTH asks for Amazon Keyspaces",
    ],
    [
      { CASSANDRA_ENDPOINTS: "keyspaces", AWS_REGION: "eu-west-1", CASSANDRA_SSL: "false" },
      "CASSANDRA_SSL is false, but Amazon Keyspaces requires TLS",
    ],
    [
      { CASSANDRA_ENDPOINTS: "keyspaces", AWS_REGION: "eu-west-1", CASSANDRA_AUTH: "none" },
      "CASSANDRA_AUTH is none, but Amazon Keyspaces requires a login",
    ],
    [{ CASSANDRA_ENDPOINTS: "keyspaces", AWS_REGION: "Ireland" }, 'AWS_REGION is "Ireland"; it must be'],
  ])("%p → one sentence on Amazon Keyspaces", (environment, sentence) => {
    expect(read(environment).mistakes).toContainEqual(expect.stringContaining(sentence));
  });

  test.each([
    [{ CASSANDRA_ENDPOINTS: "keyspaces", AWS_DEFAULT_REGION: "eu-west-1" }, "eu-west-1"],
    [{ SPRING_PROFILES_ACTIVE: "aws", AWS_REGION: "cn-north-1" }, "cn-north-1"],
    [{ CASSANDRA_ENDPOINTS: "cassandra.us-east-1.amazonaws.com", AWS_REGION: "eu-west-1" }, "us-east-1"],
    [{ CASSANDRA_ENDPOINTS: "10.0.0.1", CASSANDRA_AUTH: "sigv4", AWS_REGION: "eu-west-1" }, "eu-west-1"],
  ])("%p means Amazon Keyspaces in %s", (environment, region) => {
    const { config, mistakes } = read(environment);
    expect(mistakes).toEqual([]);
    expect([asksForKeyspaces(config), keyspacesRegion(config)]).toEqual([true, region]);
  });

  test("without endpoints the store is SQLite, and settings without effect are reported", () => {
    const { config, mistakes, warnings } = read({ CASSANDRA_PORT: "9043", SPRING_PROFILES_ACTIVE: "prod" });
    expect([config.cassandraEndpoints, mistakes]).toEqual([[], []]);
    expect(warnings).toEqual([
      "CASSANDRA_PORT has no effect without CASSANDRA_ENDPOINTS; the store is SQLite",
    ]);
  });

  test("a command for SQLite only refuses, unless a flag names its file", () => {
    const keys = { keys: ["sqlitePath"] as const };
    const environment = { CASSANDRA_ENDPOINTS: "10.0.0.1" };
    expect(read(environment, {}, keys).mistakes).toEqual([expect.stringContaining("works on SQLite only")]);
    expect(read(environment, { sqlite: "a.db" }, keys).mistakes).toEqual([]);
  });
});

describe("what is accepted", () => {
  const cases: [string, string, unknown][] = [
    ["TODOS_HOST", "0.0.0.0", "0.0.0.0"],
    ["TODOS_HOST", "[::1]", "::1"],
    ["TODOS_HOST", "node-1.internal", "node-1.internal"],
    ["TODOS_PUBLIC_URL", "https://todos.example/", "https://todos.example"],
    ["TODOS_PUBLIC_URL", "https://todos.example/api//", "https://todos.example/api"],
    ["TODOS_TRUSTED_PROXIES", "10.0.0.0/8, ::1,192.168.1.1", ["10.0.0.0/8", "::1/128", "192.168.1.1/32"]],
    ["TODOS_TRUSTED_PROXIES", "2001:DB8::/32", ["2001:db8::/32"]],
    ["TODOS_CORS_ORIGINS", "*", ["*"]],
    [
      "TODOS_CORS_ORIGINS",
      "https://A.example/, http://b.example:8080",
      ["https://a.example", "http://b.example:8080"],
    ],
    ["TODOS_READ_ONLY", "TRUE", true],
    ["TODOS_READ_ONLY", "0", false],
    ["TODOS_TRASH_DAYS", "0", 0],
    ["TODOS_TRASH_DAYS", "3650", 3_650],
    ["TODOS_DEPLOYED_AT", "2026-03-01T12:00:00.123Z", "2026-03-01T12:00:00.123Z"],
    ["TODOS_HEALTH_DETAILS", "Always", "always"],
    ["TODOS_AUTH", "Accounts", "accounts"],
    ["TODOS_SESSION_IDLE", "30m", 1_800_000],
    ["TODOS_SESSION_IDLE", "12H", 43_200_000],
    ["TODOS_SESSION_MAX", "3650d", 315_360_000_000],
    ["TODOS_LOG_LEVEL", "debug", "DEBUG"],
    ["TODOS_DRAIN_DELAY_MS", " 20000 ", 20_000],
  ];
  test.each(cases)("%s=%s", (variable, text, value) => {
    const { config, mistakes, provenance } = read({ [variable]: text });
    expect(mistakes).toEqual([]);
    const key = provenance.find((entry) => entry.variable === variable)?.key ?? "host";
    expect(config[key]).toEqual(value as never);
  });

  test.each([
    ["TODOS_HOST", "http://localhost"],
    ["TODOS_HOST", "localhost:80"],
    ["TODOS_HOST", "256.1.1.1"],
    ["TODOS_PORT", "65536"],
    ["TODOS_PORT", "-1"],
    ["TODOS_PORT", "80.5"],
    ["TODOS_PORT", "0x50"],
    ["TODOS_DEPLOYED_AT", "yesterday"],
    ["TODOS_DEPLOYED_AT", "2026-13-01T12:00:00Z"],
    ["TODOS_PUBLIC_URL", "ftp://todos.example"],
    ["TODOS_PUBLIC_URL", "https://todos.example/?a=1"],
    ["TODOS_PUBLIC_URL", "https://todos.example/#a"],
    ["TODOS_PUBLIC_URL", "https://me:secret@todos.example"],
    ["TODOS_PUBLIC_URL", "https:todos.example"],
    ["TODOS_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TODOS_TRUSTED_PROXIES", "10.0.0.0/8,"],
    ["TODOS_TRUSTED_PROXIES", "::1/129"],
    ["TODOS_TRUSTED_PROXIES", "proxy.example"],
    ["TODOS_TRUSTED_PROXIES", "01.2.3.4"],
    ["TODOS_CORS_ORIGINS", "https://a.example/path"],
    ["TODOS_CORS_ORIGINS", "*, https://a.example"],
    ["TODOS_SQLITE_PATH", ":memory:"],
    ["TODOS_SQLITE_PATH", "file:todos.db"],
    ["TODOS_DRAIN_TIMEOUT_MS", "25s"],
    ["TODOS_DRAIN_TIMEOUT_MS", "600001"],
    ["TODOS_HEALTH_DETAILS", "when-authorized"],
    ["TODOS_AUTH", "password"],
    ["TODOS_SESSION_IDLE", "30"],
    ["TODOS_SESSION_IDLE", "0m"],
    ["TODOS_SESSION_MAX", "3651d"],
    ["TODOS_SESSION_MAX", "1.5h"],
  ])("not %s=%s, and its default stands", (variable, text) => {
    const { config, mistakes } = read({ [variable]: text });
    expect(mistakes).toEqual([
      expect.stringContaining(`${variable} is ${JSON.stringify(text)}; it must be `),
    ]);
    expect(config).toEqual(read({}).config);
  });
});

describe("sessions", () => {
  test("that may be unused for longer than they last → a mistake that names both", () => {
    const { mistakes } = read({ TODOS_SESSION_IDLE: "8d", TODOS_SESSION_MAX: "7d" });
    expect(mistakes).toEqual([expect.stringContaining("TODOS_SESSION_IDLE is 8d and TODOS_SESSION_MAX 7d")]);
    expect(read({ TODOS_SESSION_IDLE: "7d", TODOS_SESSION_MAX: "7d" }).mistakes).toEqual([]);
  });

  test("times are shown in the largest unit that divides them", () => {
    const { provenance } = read({ TODOS_SESSION_IDLE: "90m", TODOS_SESSION_MAX: "48h" });
    const shown = Object.fromEntries(provenance.map(({ variable, value }) => [variable, value]));
    expect(shown).toMatchObject({ TODOS_SESSION_IDLE: "90m", TODOS_SESSION_MAX: "2d" });
  });
});

test("the table for the README has a row for every setting, with variable, flag and default", () => {
  const lines = configurationTable().trimEnd().split("\n");
  expect(lines).toHaveLength(CONFIG_KEYS.length + 2);
  expect(lines[0]).toBe("| Variable | Flag | Default | Meaning |");
  expect(lines[2]).toStartWith("| `TODOS_HOST` | `--host` | `127.0.0.1`; in the image `0.0.0.0` |");
  expect(lines[3]).toStartWith("| `TODOS_PORT`, else `PORT` | `--port` | `8181` |");
});

describe("other ways to sign in", () => {
  const provider = { TODOS_OIDC_ISSUER: "https://id.example/realms/a", TODOS_OIDC_CLIENT_ID: "todos" };
  const proxy = {
    TODOS_AUTH_PROXY_HEADER: "Remote-User",
    TODOS_AUTH_PROXY_SECRET: "a secret of 24 characters",
    TODOS_TRUSTED_PROXIES: "10.0.0.1",
  };
  const accounts = { TODOS_AUTH: "accounts" };

  test("a provider, and a proxy, with all that they need", () => {
    const secret = proxy.TODOS_AUTH_PROXY_SECRET.replaceAll(" ", "-");
    const { mistakes, warnings, config } = read({
      ...accounts,
      ...provider,
      ...proxy,
      TODOS_AUTH_PROXY_SECRET: secret,
    });
    expect([mistakes, warnings]).toEqual([[], []]);
    expect(config).toMatchObject({ oidcIssuer: provider.TODOS_OIDC_ISSUER, authProxySecret: secret });
  });

  test("a slash at the end of an issuer is part of it", () => {
    const issuer = "https://id.example/application/o/todos/";
    expect(read({ ...accounts, ...provider, TODOS_OIDC_ISSUER: issuer }).config.oidcIssuer).toBe(issuer);
  });

  const mistaken: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ["an issuer alone", { TODOS_OIDC_ISSUER: "https://id.example" }, /without TODOS_OIDC_CLIENT_ID/],
    ["a client alone", { TODOS_OIDC_CLIENT_ID: "todos" }, /without TODOS_OIDC_ISSUER/],
    ["an audience alone", { TODOS_OIDC_AUDIENCE: "api" }, /without TODOS_OIDC_ISSUER/],
    ["plain HTTP", { ...provider, TODOS_OIDC_ISSUER: "http://id.example" }, /anyone in between/],
    ["the client as audience", { ...provider, TODOS_OIDC_AUDIENCE: "todos" }, /ID tokens would open the API/],
    ["a header alone", { TODOS_AUTH_PROXY_HEADER: "Remote-User" }, /without TODOS_AUTH_PROXY_SECRET/],
    ["a secret alone", { TODOS_AUTH_PROXY_SECRET: "x".repeat(16) }, /without TODOS_AUTH_PROXY_HEADER/],
    [
      "no proxy that is trusted",
      { TODOS_AUTH_PROXY_HEADER: "Remote-User", TODOS_AUTH_PROXY_SECRET: "x".repeat(16) },
      /without TODOS_TRUSTED_PROXIES/,
    ],
    ["a short secret", { ...proxy, TODOS_AUTH_PROXY_SECRET: "short" }, /TODOS_AUTH_PROXY_SECRET.*16 to 512/],
    ["a header that is taken", { ...proxy, TODOS_AUTH_PROXY_HEADER: "Authorization" }, /of the proxy's own/],
    ["a header with underscores", { ...proxy, TODOS_AUTH_PROXY_HEADER: "REMOTE_USER" }, /of the proxy's own/],
  ];
  test.each(mistaken)("%s is a mistake", (_, environment, sentence) => {
    expect(read({ ...accounts, ...environment }).mistakes.join("\n")).toMatch(sentence);
  });

  test("plain HTTP is fine for a provider on this machine", () => {
    for (const host of ["127.0.0.1:9000", "localhost", "[::1]:9000"]) {
      const environment = { ...accounts, ...provider, TODOS_OIDC_ISSUER: `http://${host}` };
      expect(read(environment).mistakes).toEqual([]);
    }
  });

  test("without accounts they have no effect, which is told; secrets are not", () => {
    const { warnings } = read({ ...provider, TODOS_OIDC_CLIENT_SECRET: "hush" });
    expect(warnings).toHaveLength(3);
    expect(warnings.join("\n")).not.toContain("hush");
  });
});
