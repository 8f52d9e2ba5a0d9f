import { describe, expect, test } from "bun:test";
import { Delivery } from "../../../../src/adapters/aws/session-manager/delivery.ts";
import { decodeMessage } from "../../../../src/adapters/aws/session-manager/messages.ts";
import {
  acknowledgedSequence,
  acknowledgement,
} from "../../../../src/adapters/aws/session-manager/payloads.ts";
import { RoundTrip } from "../../../../src/adapters/aws/session-manager/round-trip.ts";
import { written } from "../../../support/aws/double/session-manager/wire.ts";

const DATA = 1;

/** A delivery, what it transmitted and what it delivered. */
function deliveryIn(options: { readonly messagesPerSecondMax?: number } = {}) {
  const transmitted: Buffer[] = [];
  const delivered: string[] = [];
  let rooms = 0;
  const delivery = new Delivery({
    transmit: (bytes) => transmitted.push(bytes),
    deliver: (_, payload) => delivered.push(payload.toString()),
    onRoom: () => rooms++,
    messagesPerSecondMax: 1_000_000,
    ...options,
  });
  return {
    ...{ delivery, transmitted, delivered },
    rooms: () => rooms,
    sequences: () => transmitted.map((bytes) => decodeMessage(bytes).sequence),
    acknowledged: () => transmitted.map((bytes) => acknowledgedSequence(decodeMessage(bytes))),
    [Symbol.dispose]: () => delivery[Symbol.dispose](),
  };
}

/** Asked again: it was true before. */
function isFullNow(delivery: Delivery): boolean {
  return delivery.isFull;
}

function fromAgent(sequence: number) {
  const payload = Buffer.from(`p${sequence}`);
  return decodeMessage(
    written({ type: "output_stream_data", sequence, flags: 0, payloadType: DATA, payload }),
  );
}

describe("what arrives", () => {
  test("out of order and twice is delivered in order and once, and acknowledged each time", () => {
    using bench = deliveryIn();
    for (const sequence of [2, 0, 0, 1, 2, 3]) bench.delivery.receive(fromAgent(sequence));
    expect(bench.delivered).toEqual(["p0", "p1", "p2", "p3"]);
    expect(bench.acknowledged()).toEqual([2, 0, 0, 1, 2, 3]);
  });
});

describe("what is sent", () => {
  test("is sent again until it is acknowledged, and not after that", async () => {
    using bench = deliveryIn();
    bench.delivery.send(DATA, Buffer.from("a"));
    bench.delivery.send(DATA, Buffer.from("b"));
    const second = bench.transmitted[1] ?? Buffer.alloc(0);
    bench.delivery.receive(decodeMessage(acknowledgement(decodeMessage(second), Date.now())));
    while (bench.transmitted.length < 4) await new Promise((resolve) => setImmediate(resolve));
    expect(bench.sequences()).toEqual([0, 1, 0, 0]);
    expect(bench.delivery.silenceMs).toBeGreaterThan(0);
  });

  test("waits while the service says that the agent can't receive, and goes when it can", () => {
    using bench = deliveryIn();
    bench.delivery.pause(true);
    bench.delivery.send(DATA, Buffer.from("a"));
    expect([bench.transmitted.length, bench.delivery.silenceMs, bench.delivery.isFull]).toEqual([
      0,
      0,
      false,
    ]);
    bench.delivery.pause(false);
    expect(bench.sequences()).toEqual([0]);
  });

  test("on a new connection is sent again at once, in order", () => {
    using bench = deliveryIn();
    for (const text of ["a", "b", "c"]) bench.delivery.send(DATA, Buffer.from(text));
    bench.delivery.resendAll();
    expect(bench.sequences()).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test("does not exceed the rate; a full queue reports when there is room again", async () => {
    using bench = deliveryIn({ messagesPerSecondMax: 10_000 });
    let sent = 0;
    for (; !bench.delivery.isFull; sent++) bench.delivery.send(DATA, Buffer.from("a"));
    expect(bench.transmitted.length).toBeLessThan(sent);
    expect(bench.rooms()).toBe(0);
    while (bench.rooms() === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(isFullNow(bench.delivery)).toBe(false);
  });
});

test("the time until a resend follows the round trips, between a first guess and one second", () => {
  const roundTrip = new RoundTrip();
  expect(roundTrip.timeoutMs).toBe(200);
  for (let sample = 0; sample < 50; sample++) roundTrip.sample(20);
  expect(Math.round(roundTrip.timeoutMs)).toBe(30);
  for (let sample = 0; sample < 50; sample++) roundTrip.sample(5_000);
  expect(roundTrip.timeoutMs).toBe(1_000);
});
