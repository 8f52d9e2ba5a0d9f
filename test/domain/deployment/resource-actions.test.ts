import { expect, test } from "bun:test";
import { RESOURCE_ACTIONS } from "../../../src/domain/deployment/resource-actions.ts";
import registry from "./handler-permissions.json";

const PERMISSIONS: Readonly<Record<string, readonly string[]>> = registry.permissions;

/** What the handlers can do and the templates do not ask for. */
const UNUSED: Readonly<Record<string, readonly string[]>> = {
  "endpoints of VPC Lattice or of another region": [
    "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",
    "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation",
    "vpce:AllowMultiRegion",
  ],
  "encryption controls and dedicated tenancy of a VPC": [
    "ec2:CreateVpcEncryptionControl",
    "ec2:ModifyVpcTenancy",
  ],
  IPv6: ["ec2:AssociateSubnetCidrBlock", "ec2:DisassociateSubnetCidrBlock"],
  "flow logs into a bucket, or told apart by tags": [
    "autoscaling:DescribeTags",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
  ],
  "managed policies at roles": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
  "keys, data protection, indexes, resource policies and deliveries of log groups": [
    "firehose:TagDeliveryStream",
    "logs:AssociateKmsKey",
    "logs:DeleteDataProtectionPolicy",
    "logs:DeleteIndexPolicy",
    "logs:DeleteResourcePolicy",
    "logs:DisassociateKmsKey",
    "logs:PutBearerTokenAuthentication",
    "logs:PutDataProtectionPolicy",
    "logs:PutIndexPolicy",
    "logs:PutLogGroupDeletionProtection",
    "logs:PutResourcePolicy",
    "s3:REST.PUT.OBJECT",
  ],
  "a policy of the repository; its lifecycle rule is never taken away": [
    "ecr:DeleteLifecyclePolicy",
    "ecr:DeleteRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
  ],
  "keys of the customer": [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:RetireGrant",
  ],
  "keyspaces in several regions": [
    "cassandra:AlterMultiRegionResource",
    "cassandra:CreateMultiRegionResource",
    "cassandra:DropMultiRegionResource",
    "cassandra:ModifyMultiRegionResource",
    "cassandra:SelectMultiRegionResource",
    "cassandra:TagMultiRegionResource",
    "cassandra:UntagMultiRegionResource",
  ],
  "settings of the account, and capacity providers": [
    "ecs:PutAccountSetting",
    "ecs:PutAccountSettingDefault",
    "ecs:PutClusterCapacityProviders",
  ],
  "attributes of Cloud Map": [
    "servicediscovery:DeleteServiceAttributes",
    "servicediscovery:UpdateServiceAttributes",
  ],
  "scaling by the clock, and of functions": [
    "application-autoscaling:DeleteScheduledAction",
    "application-autoscaling:PutScheduledAction",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
  ],
  "data protection of topics": ["sns:PutDataProtectionPolicy"],
};

/** What no handler names. Sources: the services' pages in the Service Authorization Reference, Cloud Map's guide. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  "AWS::IAM::Role": ["iam:PassRole"],
  "AWS::EC2::VPCEndpoint": ["route53:AssociateVPCWithHostedZone"],
};

const unused = Object.values(UNUSED).flat();

for (const [type, handlers] of Object.entries(PERMISSIONS)) {
  test(`${type}: all calls of its handlers are allowed, and no more`, () => {
    const needed = handlers.filter((action) => !unused.includes(action));
    expect([...(RESOURCE_ACTIONS[type] ?? [])].sort()).toEqual([...needed, ...(MORE[type] ?? [])].sort());
  });
}

test("only the name of the private zone is created by a type without handlers", () => {
  const known = Object.keys(RESOURCE_ACTIONS).filter((type) => PERMISSIONS[type] === undefined);
  expect(known).toEqual(["AWS::ServiceDiscovery::PrivateDnsNamespace"]);
});

test("every action listed as unused is one that a handler could call", () => {
  const called = Object.values(PERMISSIONS).flat();
  expect(unused.filter((action) => !called.includes(action))).toEqual([]);
});
