import cluster from "../../../deploy/cluster.yaml" with { type: "text" };
import ecs from "../../../deploy/ecs.yaml" with { type: "text" };
import keyspaces from "../../../deploy/keyspaces.yaml" with { type: "text" };
import network from "../../../deploy/network.yaml" with { type: "text" };
import registry from "../../../deploy/registry.yaml" with { type: "text" };
import type { StackKind } from "../../domain/deployment/stacks.ts";

/** The CloudFormation template of each stack, YAML as in `deploy/`. */
export const TEMPLATES: Readonly<Record<StackKind, string>> = { network, registry, keyspaces, cluster, ecs };
