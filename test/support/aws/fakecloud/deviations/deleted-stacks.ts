import { decodeForm, encodeXml } from "../../double/wire/query.ts";
import type { Answer, Deviation } from "../proxy.ts";

const OK = 200;
const GONE = "DELETE_COMPLETE";
const ACTIONS = ["DeleteStack", "DescribeStacks", "DescribeStackEvents"];

/**
 * AWS finds a stack and its events by id for 90 days after its deletion. fakecloud does not even report the deletion.
 */
export function deletedStacks(): Deviation {
  const deletedAt = new Map<string, Date>();
  return {
    name: "a stack that is deleted is not found by its id, nor the event of its deletion",
    concerns: ({ service, action }) => service === "cloudformation" && ACTIONS.includes(action),
    async handle(call, forward, seen) {
      const id = String(decodeForm(call.body).StackName ?? "");
      const result = await forward(call);
      if (call.action === "DeleteStack" && result.status === OK) deletedAt.set(id, new Date());
      const at = deletedAt.get(id);
      const isTold = result.status === OK && result.body.includes(GONE);
      if (call.action === "DeleteStack" || at === undefined || isTold) return result;
      seen();
      return call.action === "DescribeStacks" ? stackOf(id, at) : lastEventOf(id, at);
    },
  };
}

function stackOf(StackId: string, at: Date): Answer {
  const stack = { StackId, StackName: nameIn(StackId), CreationTime: at, StackStatus: GONE };
  return answer("DescribeStacks", { Stacks: [stack] });
}

function lastEventOf(StackId: string, at: Date): Answer {
  const event = {
    ...{ StackId, StackName: nameIn(StackId), EventId: `${StackId}-deleted`, Timestamp: at },
    ...{ LogicalResourceId: nameIn(StackId), PhysicalResourceId: StackId },
    ...{ ResourceType: "AWS::CloudFormation::Stack", ResourceStatus: GONE },
  };
  return answer("DescribeStackEvents", { StackEvents: [event] });
}

function nameIn(id: string): string {
  return id.split("/")[1] ?? id;
}

function answer(action: string, output: Readonly<Record<string, unknown>>): Answer {
  const result = `<${action}Result>${encodeXml(output, "member")}</${action}Result>`;
  return { status: OK, body: `<${action}Response>${result}</${action}Response>`, type: "text/xml" };
}
