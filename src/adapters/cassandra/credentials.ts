import type { AwsCredentials, CredentialSource } from "./sigv4.ts";

/** Keys as the SDK gives them. */
export interface ExpiringCredentials extends AwsCredentials {
  /** Absent: valid until someone changes them. */
  readonly expiration?: Date | undefined;
}

/** Keys with less than this left are asked for again, ms; the sources have newer ones well before. */
const REFRESH_AHEAD_MS = 5 * 60_000;

/**
 * Keys by the chain of AWS's SDK: environment, profile (single sign-on, process, assumed role), web identity,
 * the role of a container or an instance. Loaded on first use: nothing else needs it.
 */
export async function chainOfAws(): Promise<CredentialSource> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  // The chain would keep keys without an end forever, and the text of profiles too: a change to them is deliberate.
  const chain = defaultProvider({ ignoreCache: true });
  return refreshed(() => chain({ forceRefresh: true }));
}

/**
 * Keeps keys with an expiry time until shortly before it; others are requested each time. If new ones are not
 * available, the old ones are used until they expire.
 * @param now milliseconds since the Unix epoch
 */
export function refreshed(
  load: () => Promise<ExpiringCredentials>,
  now: () => number = Date.now,
): CredentialSource {
  let held: ExpiringCredentials | undefined;
  let loading: Promise<ExpiringCredentials> | undefined;
  const leftMs = () => (held?.expiration?.getTime() ?? 0) - now();
  return async () => {
    if (held && leftMs() > REFRESH_AHEAD_MS) return held;
    loading ??= load().finally(() => {
      loading = undefined;
    });
    try {
      held = await loading;
    } catch (error) {
      if (!held || leftMs() <= 0) throw error;
    }
    return held;
  };
}
