import type { Deviation } from "../proxy.ts";

const OK = 200;
const ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

/** AWS offers endpoints of these services in every zone. fakecloud knows no endpoint service. */
export const endpointServices: Deviation = {
  name: "there are no VPC endpoint services",
  concerns: ({ service, action }) => service === "ec2" && action === "DescribeVpcEndpointServices",
  async handle(call, forward, seen) {
    const result = await forward(call);
    const wanted = [...new URLSearchParams(call.body)].flatMap(([key, value]) =>
      /^(?:ServiceName\.\d+|Filter\.\d+\.Value\.\d+)$/.test(key) ? [value] : [],
    );
    if (wanted.every((name) => result.body.includes(`<serviceName>${name}</serviceName>`))) return result;
    seen();
    const details = wanted.map(
      (name) =>
        `<item><serviceName>${name}</serviceName><availabilityZoneSet>${ZONES.map((zone) => `<item>${zone}</item>`).join("")}</availabilityZoneSet></item>`,
    );
    const body = `<DescribeVpcEndpointServicesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><serviceDetailSet>${details.join("")}</serviceDetailSet></DescribeVpcEndpointServicesResponse>`;
    return { status: OK, body, type: "text/xml" };
  },
};
