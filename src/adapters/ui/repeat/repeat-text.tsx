import { describeRepeat } from "./describe.ts";

interface RepeatProps {
  readonly repeat: string;
  readonly repeatFrom?: string | undefined;
}

export function RepeatText({ repeat, repeatFrom }: RepeatProps) {
  return <>{describeRepeat(repeat, repeatFrom)}</>;
}
