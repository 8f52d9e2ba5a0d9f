import { isMembers, type Value } from "./parse.ts";
import { about, type Rule } from "./rule.ts";

const keepsData: Rule = about("data outlives its stack", /^AWS::Cassandra::/, (_, { attributes }) => [
  // Retain alone would also keep what a failed first attempt created, and the next one would collide with it.
  attributes.DeletionPolicy !== "RetainExceptOnCreate" && "goes with the stack",
  attributes.UpdateReplacePolicy !== "Retain" && "goes when it is replaced",
]);

const guardsTables: Rule = about(
  "tables can be restored and are encrypted",
  /^AWS::Cassandra::Table$/,
  (table) => [
    table.PointInTimeRecoveryEnabled !== true && "can't be restored to a point in time",
    !isMembers(table.EncryptionSpecification) && "does not say how it is encrypted",
    table.DefaultTimeToLive !== 0 && "loses rows by itself",
  ],
);

const keepsImages: Rule = about("images stay what they are", /^AWS::ECR::Repository$/, (repository) => [
  repository.ImageTagMutability !== "IMMUTABLE" && "lets a tag be moved to another image",
  memberOf(repository.ImageScanningConfiguration, "ScanOnPush") !== true && "does not look for known faults",
  repository.LifecyclePolicy === undefined && "keeps every image forever",
]);

const endsLogs: Rule = about("logs are kept for a limited time", /^AWS::Logs::LogGroup$/, (group) => [
  group.RetentionInDays === undefined && "is kept forever",
  group.LogGroupName === undefined && "has a name that no endpoint's policy can know",
]);

function memberOf(value: Value, name: string): Value {
  return isMembers(value) ? value[name] : undefined;
}

export const DATA_RULES: readonly Rule[] = [keepsData, guardsTables, keepsImages, endsLogs];
