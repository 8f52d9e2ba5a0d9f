import { type ImageBlob, ImageError } from "../../../application/deploy/images.ts";
import type { RegistryClient } from "./client.ts";
import { answerFailure, PassingFailure, passingFailure } from "./failures.ts";
import { isPassingStatus, TRIES_MAX, waitBefore } from "./retry.ts";

/** Storage behind registries requires pieces of at least 5 MiB, and Amazon ECR accepts at most 10 MiB. */
const PIECE_BYTES = 8_388_608;
/** Uploads started for one blob, after the registry lost or rejected earlier ones. */
const SESSIONS_MAX = 4;

export interface UploadEvents {
  onBytes(bytesDone: number): void;
  /** After an interruption, the upload continues from there. */
  onResume(fromByte: number): void;
}

/** The registry has lost this upload, or counts differently: start a new one. */
class SessionLost extends Error {
  override readonly name = "SessionLost";

  constructor(readonly failure: ImageError) {
    super(failure.message);
  }
}

/**
 * Sends a blob in pieces. After an interruption it asks the registry for its progress and continues from there; if the
 * registry has lost the upload, it starts again.
 * @returns bytes that were sent and counted
 * @throws ImageError
 */
export async function uploadBlob(
  client: RegistryClient,
  blob: ImageBlob,
  events: UploadEvents,
): Promise<void> {
  for (let session = 1; ; session++) {
    try {
      return await new Upload(client, blob, events).run();
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      if (session >= SESSIONS_MAX) throw error.failure;
      await waitBefore(session - 1, error.failure, client);
      events.onResume(0);
    }
  }
}

class Upload {
  private at = new URL("about:blank");
  private pieceBytes = PIECE_BYTES;
  /** Bytes that the registry has, as far as we know. */
  private offset = 0;
  private breaks = 0;
  /** Whether the current piece may have arrived before. */
  private repeated = false;

  constructor(
    private readonly client: RegistryClient,
    private readonly blob: ImageBlob,
    private readonly events: UploadEvents,
  ) {}

  async run(): Promise<void> {
    await this.begin();
    const { size } = this.blob.descriptor;
    // A small one goes with the request that ends the upload.
    while (size > this.pieceBytes && this.offset < size) await this.sendPiece();
    await this.finish();
  }

  private async begin(): Promise<void> {
    const response = await this.client.send(this.client.url("blobs/uploads/"), { method: "POST" });
    if (response.status !== 202) throw await this.refusal(response);
    this.follow(response, this.client.url("blobs/uploads/"));
    const least = Number(response.headers.get("oci-chunk-min-length") ?? 0);
    if (least > this.pieceBytes) this.pieceBytes = least;
  }

  private async sendPiece(): Promise<void> {
    const end = Math.min(this.offset + this.pieceBytes, this.blob.descriptor.size);
    const body = this.blob.content.slice(this.offset, end);
    const headers = {
      "content-type": "application/octet-stream",
      "content-range": `${this.offset}-${end - 1}`,
    };
    const response = await this.unbroken(() =>
      this.client.sendOnce(this.at, { method: "PATCH", headers, body }),
    );
    if (response === undefined) return;
    // Amazon ECR answers 201, and its Range lags behind, so what was sent counts.
    if (response.status === 202 || response.status === 201) {
      this.follow(response, this.at);
      this.advance(end);
    } else if (response.status === 416 && this.repeated) {
      // "Out of order" means that the piece had arrived before the interruption. The digest verifies it
      // at the end.
      this.advance(end);
    } else if (response.status === 404 || response.status === 416) {
      throw new SessionLost(await this.refusal(response));
    } else throw await this.refusal(response);
  }

  private advance(end: number): void {
    this.offset = end;
    this.repeated = false;
    this.breaks = 0;
    this.events.onBytes(end);
  }

  /** Undefined after an interruption that was resolved; then `offset` is where to continue. */
  private async unbroken(send: () => Promise<Response>): Promise<Response | undefined> {
    const failure = await this.failureOf(send);
    if (!(failure instanceof PassingFailure)) return failure;
    this.breaks++;
    if (this.breaks >= TRIES_MAX) throw failure;
    await waitBefore(this.breaks - 1, failure, this.client);
    await this.askOffset();
    return undefined;
  }

  private async failureOf(send: () => Promise<Response>): Promise<Response | PassingFailure> {
    try {
      const response = await send();
      return isPassingStatus(response.status) ? await passingFailure(response, this.client.host) : response;
    } catch (error) {
      if (error instanceof PassingFailure) return error;
      throw error;
    }
  }

  /** The registry's progress. If it does not report any (Amazon ECR), the same piece is sent again. */
  private async askOffset(): Promise<void> {
    const response = await this.client.send(this.at, { method: "GET" });
    const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1];
    if (response.status === 204 && last !== undefined) {
      this.follow(response, this.at);
      // Registries also answer "0-0" for nothing; a single byte sent again would not fit.
      const stored = last === "0" ? 0 : Number(last) + 1;
      if (stored > this.blob.descriptor.size) throw new SessionLost(await this.refusal(response));
      this.offset = stored;
      this.repeated = false;
    } else this.repeated = true;
    this.events.onResume(this.offset);
  }

  private async finish(): Promise<void> {
    const { descriptor, content } = this.blob;
    const url = new URL(this.at);
    url.searchParams.set("digest", descriptor.digest);
    const body = content.slice(this.offset);
    const headers = { "content-type": "application/octet-stream" };
    const response = await this.failureOf(() =>
      this.client.sendOnce(url, { method: "PUT", headers, ...(body.size > 0 && { body }) }),
    );
    if (response instanceof PassingFailure) return this.checkStored(response);
    if (response.status === 201 || response.status === 202 || response.status === 204) {
      this.events.onBytes(descriptor.size);
      return;
    }
    const failure = await this.refusal(response);
    // A transport that silently repeats a request may try to end an upload that has already ended.
    if (response.status === 404) return this.checkStored(failure);
    if (response.status !== 400 && response.status !== 416) throw failure;
    const sentence = `${this.client.host} did not receive the bytes that were sent: ${failure.message}`;
    throw new SessionLost(new ImageError("digest-mismatch", sentence, DIGEST_ADVICE));
  }

  /** The answer was lost, perhaps after the work was done. */
  private async checkStored(failure: ImageError): Promise<void> {
    if (!(await hasBlob(this.client, this.blob.descriptor.digest))) throw new SessionLost(failure);
    this.events.onBytes(this.blob.descriptor.size);
  }

  private follow(response: Response, from: URL): void {
    const location = response.headers.get("location");
    if (location !== null) this.at = new URL(location, from);
  }

  private refusal(response: Response): Promise<ImageError> {
    const { host, repository } = this.client;
    return answerFailure(response, host, `to take a part of the image into ${repository.name}`);
  }
}

const DIGEST_ADVICE = "Something on the way changes the data: look for a proxy, or try from another network.";

/** Whether the repository has a blob. @throws ImageError */
export async function hasBlob(client: RegistryClient, digest: string): Promise<boolean> {
  const response = await client.send(client.url(`blobs/${digest}`), { method: "HEAD" });
  if (response.status === 404) return false;
  if (response.ok) return true;
  throw await answerFailure(response, client.host, `to tell what ${client.repository.name} holds`);
}
