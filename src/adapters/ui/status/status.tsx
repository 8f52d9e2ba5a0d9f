import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { startUrl } from "../shell/start.ts";
import { locale, t } from "../text/text.ts";
import { Chart } from "./chart.tsx";
import { Findings } from "./findings.tsx";
import { Fact, Part } from "./parts.tsx";
import { appended, type Rates, ratesBetween, type Sample } from "./samples.ts";
import {
  type Actuator,
  type Health,
  type Info,
  METRICS,
  openSource,
  Refused,
  type Source,
} from "./source.ts";

const EVERY_MS = 5_000;
/** Five minutes of them. */
const POINTS = 60;
const MEBIBYTE = 1024 * 1024;

/** How the service is, for its operator. */
export function Status() {
  const source = useSignal<Source | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  useEffect(() => {
    document.title = `${t("status.title")} · ${t("status.name")}`;
    openSource().then(
      (opened) => {
        source.value = opened;
      },
      (error: unknown) => {
        problem.value = error;
      },
    );
  }, []);
  const isRefused = problem.value instanceof Refused;
  const { actuator } = source.value ?? {};
  return (
    <main class="status">
      <h1>{t("status.title")}</h1>
      {problem.value !== undefined && <Unreachable reason={problem.value} />}
      {source.value && <HealthPart ask={actuator?.health ?? source.value.health} />}
      {(isRefused || (source.value && !actuator)) && <Closed />}
      {actuator && <Traffic actuator={actuator} />}
      {actuator && <About actuator={actuator} />}
      {actuator && <Findings ask={actuator.findings} />}
    </main>
  );
}

function Closed() {
  return (
    <section class="section">
      <p>{t("status.closed")}</p>
      <p>
        <a class="button" href={startUrl()}>
          {t("status.closed.go")}
        </a>
      </p>
    </section>
  );
}

function Unreachable({ reason }: { readonly reason: unknown }) {
  const text = reason instanceof Error ? reason.message : String(reason);
  return (
    <p class="problem" role="alert">
      {t("status.unreachable", { reason: text })}
    </p>
  );
}

/** Asks now, and again every few seconds while somebody looks. */
export function usePolled<T>(ask: () => Promise<T>, told: (answer: T) => void): unknown {
  const problem = useSignal<unknown>(undefined);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await ask();
        if (isOver) return;
        problem.value = undefined;
        told(answer);
      } catch (error) {
        problem.value = error;
      }
    };
    void look();
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      isOver = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return problem.value;
}

function HealthPart({ ask }: { readonly ask: () => Promise<Health> }) {
  const health = useSignal<Health | undefined>(undefined);
  const problem = usePolled(ask, (answer) => {
    health.value = answer;
  });
  const { status, components = {} } = health.value ?? {};
  return (
    <Part title={t("status.health")}>
      {problem !== undefined && <Unreachable reason={problem} />}
      {status && (
        <p class="status-word" data-status={status} role="status">
          {status}
        </p>
      )}
      <dl class="facts">
        {Object.entries(components).map(([name, component]) => (
          <Fact key={name} name={name}>
            <span class="status-word" data-status={component.status}>
              {component.status}
            </span>
          </Fact>
        ))}
      </dl>
    </Part>
  );
}

function Traffic({ actuator }: { readonly actuator: Actuator }) {
  const rates = useSignal<readonly (Rates | undefined)[]>([]);
  const last = useSignal<Sample | undefined>(undefined);
  const problem = usePolled(actuator.sample, (sample) => {
    const before = last.peek();
    last.value = sample;
    if (before) rates.value = appended(rates.peek(), ratesBetween(before, sample), POINTS);
  });
  const values = (of: (rates: Rates) => number | undefined) => rates.value.map((each) => each && of(each));
  return (
    <Part title={t("status.traffic")} about={t("status.traffic.about")}>
      {problem !== undefined && <Unreachable reason={problem} />}
      <div class="charts">
        <Chart
          label={t("status.requests")}
          values={values(({ requestsPerS }) => requestsPerS)}
          room={POINTS}
          unit={t("status.perSecond")}
        />
        <Chart
          label={t("status.latency")}
          values={values(({ meanMs }) => meanMs)}
          room={POINTS}
          unit={t("status.ms")}
        />
        <Chart
          label={t("status.errors")}
          values={values(({ errorsPerS }) => errorsPerS)}
          room={POINTS}
          unit={t("status.perSecond")}
        />
      </div>
    </Part>
  );
}

interface Facts {
  readonly info: Info;
  readonly startedAtS: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly freeBytes: number | undefined;
}

/** What the service knows of itself. When it was deployed it knows if it was told: a restart is not a deployment. */
function About({ actuator }: { readonly actuator: Actuator }) {
  const facts = useSignal<Facts | undefined>(undefined);
  const problem = usePolled(
    async (): Promise<Facts> => {
      const [info, startedAtS, memoryBytes, freeBytes] = await Promise.all([
        actuator.info(),
        actuator.value(METRICS.startTime),
        actuator.value(METRICS.memory),
        actuator.value(METRICS.diskFree),
      ]);
      return { info, startedAtS, memoryBytes, freeBytes };
    },
    (answer) => {
      facts.value = answer;
    },
  );
  return (
    <Part title={t("status.about")}>
      {problem !== undefined && <Unreachable reason={problem} />}
      {facts.value && <AboutFacts facts={facts.value} />}
    </Part>
  );
}

function AboutFacts({ facts: { info, startedAtS, memoryBytes, freeBytes } }: { readonly facts: Facts }) {
  return (
    <dl class="facts">
      <Fact name={t("status.version")}>{info.build.version}</Fact>
      <Fact name={t("status.commit")}>{`${info.git.commit.id}, ${moment(info.git.commit.time)}`}</Fact>
      {info.deployment && <Fact name={t("status.deployed")}>{moment(info.deployment.time)}</Fact>}
      {startedAtS !== undefined && (
        <Fact name={t("status.started")}>{moment(new Date(startedAtS * 1_000).toISOString())}</Fact>
      )}
      <Fact name={t("status.store")}>{`${info.store.kind}: ${info.store.durability}`}</Fact>
      {memoryBytes !== undefined && <Fact name={t("status.memory")}>{mebibytes(memoryBytes)}</Fact>}
      {freeBytes !== undefined && <Fact name={t("status.disk")}>{mebibytes(freeBytes)}</Fact>}
    </dl>
  );
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE).toLocaleString(locale.value)} MiB`;
}

/** Unchanged if it is not a time. */
function moment(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }).format(time);
}
