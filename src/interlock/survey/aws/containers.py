"""Containers: clusters of ECS and EKS with what runs in them, and the images that it runs from."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing, typed
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, rough, tags_of


def ecs_cluster(note: Note) -> None:
    """A cluster of ECS: its services go with it."""
    name = note.thing.parts[-1]
    answer = note.ask("ecs", "describe_clusters", clusters=[name], include=["TAGS"])
    found = [each for each in answer.get("clusters", ()) if each.get("status") != "INACTIVE"]
    if not found:
        raise Absent(name)
    facts = note.of()
    facts.planes["control-plane"] = None
    facts.tags |= tags_of(found[0].get("tags"))
    facts.size = rough(found[0].get("runningTasksCount") or 0)
    for arn in note.pages("ecs", "list_services", "serviceArns", "services", cluster=name):
        note.holds(_service(note, arn, name), "list_services: runs in it")


def _service(note: Note, arn: str, cluster: str) -> Thing:
    """Older ARNs of services do not say the cluster."""
    return note.thing_of("aws.ecs.service", cluster, arn.rpartition("/")[2])


def ecs_service(note: Note) -> None:
    """A service: what it runs, what sends to it, its task sets."""
    parts = note.thing.parts
    cluster, name = parts if len(parts) == 2 else ("default", parts[-1])
    answer = note.ask("ecs", "describe_services", cluster=cluster, services=[name], include=["TAGS"])
    found = [each for each in answer.get("services", ()) if each.get("status") != "INACTIVE"]
    if not found:
        raise Absent(name)
    one = found[0]
    facts = note.of()
    facts.tags |= tags_of(one.get("tags"))
    facts.size = rough(one.get("runningCount") or 0)
    facts.location["cluster"] = cluster
    facts.kept["definition"] = None
    outer = note.thing_of("aws.ecs.cluster", cluster)
    note.of(outer).planes["control-plane"] = None
    note.is_in(outer, "describe_services: runs in it")
    note.uses_arn(one.get("taskDefinition"), "describe_services: runs it", "shared-code")
    note.uses_arn(one.get("roleArn"), "describe_services: acts as it", "identity")
    for each in one.get("loadBalancers", ()):
        balanced = typed(each.get("targetGroupArn") or "")
        if balanced is not None:
            note.of(balanced).planes["routing"] = None
            note.used_by(balanced, "describe_services: sends to it")
    for each in one.get("taskSets", ()):
        inner = typed(each.get("taskSetArn", ""))
        if inner is not None:
            note.of(inner)
            note.edge(inner, "contains", note.thing, "describe_services: task set of it")


def task_definition(note: Note) -> None:
    """What a task is made of."""
    name = note.thing.parts[-1]
    one = note.ask("ecs", "describe_task_definition", ("ClientException",), taskDefinition=name).get(
        "taskDefinition", {}
    )
    facts = note.of()
    facts.planes["shared-code"] = None
    facts.kept["definition"] = None
    note.uses_arn(one.get("taskRoleArn"), "describe_task_definition: runs as it", "identity")
    note.uses_arn(one.get("executionRoleArn"), "describe_task_definition: started as it", "identity")


def eks_cluster(note: Note) -> None:
    """A cluster of EKS: node groups and profiles go first; what runs in it is not AWS's to tell."""
    name = note.thing.parts[-1]
    one: dict[str, Any] = note.ask("eks", "describe_cluster", name=name).get("cluster", {})
    facts = note.of()
    facts.planes["control-plane"] = None
    facts.tags |= tags_of(one.get("tags"))
    if one.get("deletionProtection"):
        facts.protections["deletion protection"] = None
    note.uses_arn(one.get("roleArn"), "describe_cluster: acts as it", "identity")
    for each in note.pages("eks", "list_nodegroups", "nodegroups", "node groups", clusterName=name):
        note.holds(note.thing_of("aws.eks.nodegroup", name, each), "list_nodegroups: node group of it")
    for each in note.pages("eks", "list_fargate_profiles", "fargateProfileNames", "profiles", clusterName=name):
        inner = note.thing_of("aws.eks.fargate-profile", name, each)
        note.of(inner)
        note.edge(inner, "contains", note.thing, "list_fargate_profiles: profile of it")


def nodegroup(note: Note) -> None:
    """Nodes: what runs on them is moved away or lost."""
    cluster, name = (*note.thing.parts, "")[:2]
    one = note.ask("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name).get("nodegroup", {})
    facts = note.of()
    facts.tags |= tags_of(one.get("tags"))
    facts.location["cluster"] = cluster
    facts.kept["definition"] = None
    facts.size = (one.get("scalingConfig") or {}).get("desiredSize")
    outer = note.thing_of("aws.eks.cluster", cluster)
    note.of(outer).planes["control-plane"] = None
    note.is_in(outer, "describe_nodegroup: node group of it")
    note.uses_arn(one.get("nodeRole"), "describe_nodegroup: acts as it", "identity")
    for each in (one.get("resources") or {}).get("autoScalingGroups", ()):
        inner = note.thing_of("aws.autoscaling.auto-scaling-group", each["name"])
        note.holds(inner, "describe_nodegroup: its nodes")


def repository(note: Note) -> None:
    """A repository of images: how many are in it, and whether tags can be written over."""
    name = note.thing.parts[-1]
    answer = note.ask("ecr", "describe_repositories", repositoryNames=[name])
    if not answer.get("repositories"):
        raise Absent(name)
    one = answer["repositories"][0]
    facts = note.of()
    facts.planes["shared-code"] = None
    if one.get("imageTagMutability") == "IMMUTABLE":
        facts.protections["immutable tags"] = None
    said = note.maybe("ecr", "list_tags_for_resource", resourceArn=one["repositoryArn"]) or {}
    facts.tags |= tags_of(said.get("tags"))
    facts.size = len(note.pages("ecr", "list_images", "imageIds", "images", repositoryName=name))
