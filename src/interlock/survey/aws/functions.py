"""Functions: Lambda and what calls it, rules and schedules, APIs in front, state machines."""

from __future__ import annotations

from typing import Any, Final

from interlock.aws.things import typed
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, rough, tags_of

#: APIs beyond these are not searched for what calls a function.
APIS: Final = 20


def function(note: Note) -> None:
    """What it runs as and on, and what reaches it: events, addresses of its own, APIs."""
    name = note.thing.parts[-1]
    one = note.ask("lambda", "get_function_configuration", FunctionName=name)
    facts = note.of()
    said = note.maybe("lambda", "list_tags", Resource=one["FunctionArn"]) or {}
    facts.tags |= tags_of(said.get("Tags"))
    note.uses_arn(one.get("Role"), "get_function_configuration: runs as it", "identity")
    note.uses_arn(one.get("KMSKeyArn"), "get_function_configuration: encrypted with it", "encryption")
    for layer in one.get("Layers", ()):
        note.uses(
            note.thing_of("aws.lambda.layer", layer["Arn"].split(":")[6]),
            "get_function_configuration: layer",
            "shared-code",
        )
    network = one.get("VpcConfig") or {}
    for group in network.get("SecurityGroupIds", ()):
        note.uses(
            note.thing_of("aws.ec2.security-group", group), "get_function_configuration: security group", "routing"
        )
    for subnet in network.get("SubnetIds", ()):
        note.uses(note.thing_of("aws.ec2.subnet", subnet), "get_function_configuration: subnet", "routing")
    mappings = note.pages(
        "lambda", "list_event_source_mappings", "EventSourceMappings", "event sources", FunctionName=name
    )
    for each in mappings:
        mapping = note.thing_of("aws.lambda.event-source-mapping", each["UUID"])
        note.used_by(mapping, "list_event_source_mappings: feeds it")
        source = typed(each.get("EventSourceArn", "").partition("/stream/")[0])
        if source is not None:
            note.of(source)
            note.edge(note.thing, "triggers", source, "list_event_source_mappings: runs on what it sends")
    said = note.maybe("lambda", "get_function_url_config", FunctionName=name)
    if said is not None:
        facts.planes["routing"] = None  # its address is not given again
    versions = note.pages("lambda", "list_versions_by_function", "Versions", "versions", FunctionName=name)
    facts.size = len(versions)


def called(note: Note) -> None:
    """Rules and APIs that call the function."""
    arn = note.thing.name
    found = note.pages("events", "list_rule_names_by_target", "RuleNames", "rules that call it", TargetArn=arn)
    for name in found:
        note.used_by(note.thing_of("aws.events.rule", name), "list_rule_names_by_target: calls it")
    apis = note.pages("apigateway", "get_rest_apis", "items", "APIs", most=APIS)
    for api in apis:
        resources = note.pages(
            "apigateway", "get_resources", "items", f"resources of API {api['id']}", most=200,
            restApiId=api["id"], embed=["methods"],
        )  # fmt: skip
        uris = [
            (method.get("methodIntegration") or {}).get("uri") or ""
            for resource in resources
            for method in (resource.get("resourceMethods") or {}).values()
        ]
        if any(arn in uri for uri in uris):
            caller = note.thing_of("aws.apigateway.rest-api", api["id"])
            note.of(caller).planes["routing"] = None
            note.used_by(caller, "get_resources: calls it")
    for api in note.pages("apigatewayv2", "get_apis", "Items", "HTTP APIs", most=APIS):
        integrations = note.pages(
            "apigatewayv2", "get_integrations", "Items", f"integrations of API {api['ApiId']}", ApiId=api["ApiId"]
        )
        if any(arn in (each.get("IntegrationUri") or "") for each in integrations):
            caller = note.thing_of("aws.apigatewayv2.api", api["ApiId"])
            note.of(caller).planes["routing"] = None
            note.used_by(caller, "get_integrations: calls it")


def rest_api(note: Note) -> None:
    """An API: what it calls."""
    name = note.thing.parts[-1]
    one = note.ask("apigateway", "get_rest_api", restApiId=name)
    facts = note.of()
    facts.planes["routing"] = None
    facts.tags |= tags_of(one.get("tags"))
    resources = note.pages(
        "apigateway", "get_resources", "items", "resources", most=200, restApiId=name, embed=["methods"]
    )
    for resource in resources:
        for method in (resource.get("resourceMethods") or {}).values():
            _calls(note, (method.get("methodIntegration") or {}).get("uri") or "", "get_resources: calls it")


def http_api(note: Note) -> None:
    """An HTTP or WebSocket API: what it calls."""
    name = note.thing.parts[-1]
    one = note.ask("apigatewayv2", "get_api", ApiId=name)
    facts = note.of()
    facts.planes["routing"] = None
    facts.tags |= tags_of(one.get("Tags"))
    for each in note.pages("apigatewayv2", "get_integrations", "Items", "integrations", ApiId=name):
        _calls(note, each.get("IntegrationUri") or "", "get_integrations: calls it")


def _calls(note: Note, uri: str, evidence: str) -> None:
    arn = uri.partition("/functions/")[2].removesuffix("/invocations") or uri
    note.uses_arn(arn, evidence)


def mapping(note: Note) -> None:
    """What joins a source and a function: made again it may miss or repeat."""
    one = note.ask("lambda", "get_event_source_mapping", UUID=note.thing.parts[-1])
    note.of().kept["definition"] = None
    function_ = note.thing_of("aws.lambda.function", one["FunctionArn"].split(":")[6])
    note.uses(function_, "get_event_source_mapping: feeds it")
    note.of(function_)
    note.edge(function_, "uses", note.thing, "get_event_source_mapping: fed by it")
    source = typed(one.get("EventSourceArn", "").partition("/stream/")[0])
    if source is not None:
        note.uses(source, "get_event_source_mapping: reads it")


def rule(note: Note) -> None:
    """A rule of EventBridge and what it calls; who is called feels that it is gone."""
    parts = note.thing.parts[-1].rpartition("/")
    bus: dict[str, Any] = {"EventBusName": parts[0]} if parts[0] else {}
    note.ask("events", "describe_rule", Name=parts[2], **bus)
    note.of().kept["definition"] = None
    for each in note.pages("events", "list_targets_by_rule", "Targets", "targets", Rule=parts[2], **bus):
        target = typed(each["Arn"])
        if target is not None:
            note.of(target)
            note.edge(target, "triggers", note.thing, "list_targets_by_rule: called by it")


def machine(note: Note) -> None:
    """A state machine: what runs in it, and as whom."""
    one = note.ask("stepfunctions", "describe_state_machine", stateMachineArn=note.thing.name)
    if one.get("status") == "DELETING":
        raise Absent(note.thing.name)
    note.of().planes["control-plane"] = None
    said = note.maybe("stepfunctions", "list_tags_for_resource", resourceArn=note.thing.name) or {}
    note.of().tags |= tags_of(said.get("tags"))
    note.uses_arn(one.get("roleArn"), "describe_state_machine: acts as it", "identity")
    running = note.pages(
        "stepfunctions",
        "list_executions",
        "executions",
        "runs",
        stateMachineArn=note.thing.name,
        statusFilter="RUNNING",
    )
    note.of().size = rough(len(running))
