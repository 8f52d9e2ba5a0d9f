import type { Problem } from "./types.ts";

/** Every way in which the API says no, or says nothing. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** There was no answer: it is unknown whether the request was received. */
  get isUnreachable(): boolean {
    return this.problem.status === 0 && this.problem.code === "unreachable";
  }

  /** Later, the same request may be answered. */
  get isPassing(): boolean {
    const { status, code } = this.problem;
    return (
      this.isUnreachable ||
      status >= 500 ||
      status === 429 ||
      status === 408 ||
      code === "idempotency-in-progress"
    );
  }
}

/** @param why what fetch threw */
export function unreachable(why: unknown): ApiError {
  const detail = why instanceof Error ? why.message : String(why);
  return new ApiError({ status: 0, code: "unreachable", title: "No answer", detail });
}

/** Of an answer that is no 2xx; a proxy's may have any body. */
export async function refusal(response: Response): Promise<ApiError> {
  const told = await bodyOf(response);
  const retryAfterS = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ApiError({
    status: response.status,
    code: textOf(told.type)?.split("/").at(-1) ?? `status-${response.status}`,
    title: textOf(told.title) ?? (response.statusText || `Status ${response.status}`),
    ...(textOf(told.detail) === undefined ? {} : { detail: textOf(told.detail) as string }),
    ...(Array.isArray(told.errors) ? { errors: told.errors } : {}),
    ...(Number.isFinite(retryAfterS) ? { retryAfterMs: retryAfterS * 1_000 } : {}),
  });
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text().catch(() => "");
  if (!(response.headers.get("content-type") ?? "").includes("json")) return {};
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? { ...body } : {};
  } catch {
    // Cut off in the middle: the status says enough.
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
