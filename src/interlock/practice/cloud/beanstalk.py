"""A small honest stand-in for Elastic Beanstalk (2010-12-01): environments that own real resources in moto.

Terminate deletes the environment's stack and Rebuild deletes it and makes it anew, so a database that is coupled to the
environment is gone with it, as in AWS. Changes take `pace` seconds. Operations that are not here are refused by name.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from interlock.practice.cloud.environments import DATABASE, PROPERTIES, Environment
from interlock.practice.cloud.query import Answer, Parameters, QueryService, ServiceError

_ACCOUNT: Final = "123456789012"
_GONE: Final = ("Terminating", "Terminated")
_STATUSES: Final = {"Green": "Ok", "Yellow": "Warning", "Red": "Severe", "Grey": "Info"}

#: What the application on an environment says of itself: colour, and why.
Health = tuple[str, str]


class Beanstalk:
    """The service. `cloud` makes clients for the cloud it stands in; `look` asks the application how it is."""

    def __init__(
        self, cloud: Callable[[str], Any], look: Callable[[Environment], Health], *, region: str, pace: float
    ) -> None:
        self._cloud = cloud
        self._look = look
        self._region = region
        self._pace = pace
        self._lock = threading.RLock()
        self._applications: dict[str, datetime] = {}
        self._environments: dict[str, Environment] = {}
        self._events: list[tuple[datetime, str, Environment]] = []
        handled = (
            *(self.describe_applications, self.describe_environments, self.describe_environment_health),
            *(self.describe_environment_resources, self.describe_configuration_settings, self.describe_events),
            *(self.list_tags_for_resource, self.create_application, self.create_environment, self.update_environment),
            *(self.restart_app_server, self.rebuild_environment, self.terminate_environment),
            self.swap_environment_cnames,
        )
        self._wire = QueryService("elasticbeanstalk", {_action(each.__name__): each for each in handled})

    def answer(self, form: str) -> Answer:
        """Status and XML for one request."""
        return self._wire.answer(form, str(uuid.uuid4()))

    def serving(self, host: str) -> Environment | None:
        """The environment that people reach under this name."""
        with self._lock:
            alive = (each for each in self._environments.values() if each.status != "Terminated")
            return next((each for each in alive if each.cname == host), None)

    # looking

    def describe_applications(self, _: Parameters) -> Parameters:
        with self._lock:
            return {"Applications": [{"ApplicationName": name} for name in self._applications]}

    def describe_environments(self, asked: Parameters) -> Parameters:
        with self._lock:
            found = [
                each
                for each in self._environments.values()
                if asked.get("ApplicationName") in (None, each.application)
                and (not asked.get("EnvironmentNames") or each.name in asked["EnvironmentNames"])
                and (not asked.get("EnvironmentIds") or each.id in asked["EnvironmentIds"])
                and (asked.get("IncludeDeleted") or each.status != "Terminated")
            ]
        return {"Environments": [self._described(each) for each in found]}

    def describe_environment_health(self, asked: Parameters) -> Parameters:
        environment = self._named(asked)
        colour, cause = self._health(environment)
        return {
            "EnvironmentName": environment.name,
            "HealthStatus": _STATUSES[colour],
            "Status": environment.status,
            "Color": colour,
            "Causes": [cause] if cause else [],
            "RefreshedAt": _now(),
        }

    def describe_environment_resources(self, asked: Parameters) -> Parameters:
        environment = self._named(asked)
        owned: dict[str, list[str]] = {}
        if environment.serving:
            client = self._cloud("cloudformation")
            for each in client.describe_stack_resources(StackName=environment.stack)["StackResources"]:
                owned.setdefault(each["ResourceType"], []).append(each["PhysicalResourceId"])
        groups = owned.get("AWS::AutoScaling::AutoScalingGroup", [])
        instances = self._cloud("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
        return {
            "EnvironmentResources": {
                "EnvironmentName": environment.name,
                "AutoScalingGroups": [{"Name": name} for name in groups],
                "Instances": [
                    {"Id": each["InstanceId"]} for each in instances if each["AutoScalingGroupName"] in groups
                ],
                "LaunchTemplates": [{"Id": name} for name in owned.get("AWS::EC2::LaunchTemplate", [])],
                "LoadBalancers": [{"Name": name} for name in owned.get("AWS::ElasticLoadBalancing::LoadBalancer", [])],
            }
        }

    def describe_configuration_settings(self, asked: Parameters) -> Parameters:
        environment = self._named(asked)
        return {
            "ConfigurationSettings": [
                {
                    "ApplicationName": environment.application,
                    "EnvironmentName": environment.name,
                    "SolutionStackName": environment.platform,
                    "DeploymentStatus": "deployed",
                    "DateCreated": environment.made,
                    "DateUpdated": environment.changed,
                    "OptionSettings": [
                        {"Namespace": space, "OptionName": name, "Value": value}
                        for (space, name), value in sorted(environment.settings.items())
                    ],
                }
            ]
        }

    def describe_events(self, asked: Parameters) -> Parameters:
        with self._lock:
            found = [
                {
                    "EventDate": at,
                    "Message": message,
                    "ApplicationName": environment.application,
                    "EnvironmentName": environment.name,
                    "Severity": "INFO",
                }
                for at, message, environment in reversed(self._events)
                if asked.get("EnvironmentName") in (None, environment.name)
                and asked.get("EnvironmentId") in (None, environment.id)
                and asked.get("ApplicationName") in (None, environment.application)
            ]
        return {"Events": found[: asked.get("MaxRecords", 100)]}

    def list_tags_for_resource(self, asked: Parameters) -> Parameters:
        for each in self._environments.values():
            if self._arn(each) == asked.get("ResourceArn"):
                tags = [{"Key": key, "Value": value} for key, value in each.tags.items()]
                return {"ResourceArn": self._arn(each), "ResourceTags": tags}
        raise ServiceError("ResourceNotFoundException", f"Resource not found: {asked.get('ResourceArn')}")

    # changing

    def create_application(self, asked: Parameters) -> Parameters:
        with self._lock:
            self._applications[asked["ApplicationName"]] = _now()
        return {"Application": {"ApplicationName": asked["ApplicationName"]}}

    def create_environment(self, asked: Parameters) -> Parameters:
        name, application = asked.get("EnvironmentName", ""), asked.get("ApplicationName", "")
        prefix = asked.get("CNAMEPrefix", name)
        with self._lock:
            if application not in self._applications:
                raise ServiceError("InvalidParameterValue", f"No Application named '{application}' found.")
            if any(each.name == name and each.status != "Terminated" for each in self._environments.values()):
                raise ServiceError("InvalidParameterValue", f"Environment {name} already exists.")
            environment = Environment(
                name=name,
                id=f"e-{uuid.uuid4().hex[:10]}",
                application=application,
                cname=f"{prefix}.{self._region}.elasticbeanstalk.com",
                made=_now(),
                changed=_now(),
                platform=asked.get("SolutionStackName", ""),
                version=asked.get("VersionLabel", ""),
                description=asked.get("Description", ""),
                settings=_settings(asked),
                tags={tag["Key"]: tag.get("Value", "") for tag in asked.get("Tags", [])},
            )
            self._environments[environment.id] = environment
        self._go(environment, "Launching", "createEnvironment is starting.", self._launch)
        return self._described(environment)

    def update_environment(self, asked: Parameters) -> Parameters:
        environment = self._ready(asked)
        with self._lock:
            environment.settings.update(_settings(asked))
            for gone in asked.get("OptionsToRemove", []):
                environment.settings.pop((gone["Namespace"], gone["OptionName"]), None)
            environment.version = asked.get("VersionLabel", environment.version)
        message = "Environment update is starting."
        self._go(environment, "Updating", message, lambda _: time.sleep(self._pace / 2))
        return self._described(environment)

    def restart_app_server(self, asked: Parameters) -> None:
        environment = self._ready(asked)
        self._go(environment, "Updating", "restartAppServer is starting.", lambda _: time.sleep(self._pace / 4))

    def rebuild_environment(self, asked: Parameters) -> None:
        self._go(self._ready(asked), "Updating", "rebuildEnvironment is starting.", self._rebuild)

    def terminate_environment(self, asked: Parameters) -> Parameters:
        environment = self._named(asked)
        self._go(environment, "Terminating", "terminateEnvironment is starting.", self._remove)
        return self._described(environment)

    def swap_environment_cnames(self, asked: Parameters) -> None:
        source, destination = (
            self._ready({key.removeprefix(side): value for key, value in asked.items() if key.startswith(side)})
            for side in ("Source", "Destination")
        )
        with self._lock:
            source.cname, destination.cname = destination.cname, source.cname
        self._tell(source, f"Completed swapping CNAMEs for environments '{source.name}' and '{destination.name}'.")

    # how a change goes

    def _go(self, environment: Environment, status: str, message: str, work: Callable[[Environment], None]) -> None:
        """Say what is going on at once, and do it in a thread of its own, as the service does."""
        with self._lock:
            environment.status = status
        self._tell(environment, message)

        from botocore.exceptions import ClientError

        def run() -> None:
            ended = "completed successfully"
            try:
                work(environment)
            except ClientError as error:
                ended = f"failed: {error}"
            with self._lock:
                environment.status = "Terminated" if status == "Terminating" else "Ready"
                environment.changed = _now()
            self._tell(environment, f"{message.partition(' ')[0]} {ended}.")

        threading.Thread(target=run, daemon=True).start()

    def _launch(self, environment: Environment) -> None:
        tags = [{"Key": key, "Value": value} for key, value in environment.tags.items()]
        client = self._cloud("cloudformation")
        client.create_stack(StackName=environment.stack, TemplateBody=environment.template(self._region), Tags=tags)
        environment.serving = True

    def _remove(self, environment: Environment) -> None:
        environment.serving = False
        self._cloud("cloudformation").delete_stack(StackName=environment.stack)
        if environment.settings.get((DATABASE, "HasCoupledDatabase")) == "true":
            self._tell(environment, f"Deleted RDS database named: awseb-{environment.id}-db")
        time.sleep(self._pace)

    def _rebuild(self, environment: Environment) -> None:
        self._remove(environment)
        self._launch(environment)

    # words

    def _tell(self, environment: Environment, message: str) -> None:
        with self._lock:
            self._events.append((_now(), message, environment))

    def _named(self, asked: Parameters) -> Environment:
        with self._lock:
            for each in self._environments.values():
                if each.status != "Terminated" and (
                    each.id == asked.get("EnvironmentId") or each.name == asked.get("EnvironmentName")
                ):
                    return each
        name = asked.get("EnvironmentName") or asked.get("EnvironmentId")
        raise ServiceError("InvalidParameterValue", f"No Environment found for EnvironmentName = '{name}'.")

    def _ready(self, asked: Parameters) -> Environment:
        environment = self._named(asked)
        if environment.status != "Ready":
            message = f"Environment named {environment.name} is in an invalid state for this operation. Must be Ready."
            raise ServiceError("InvalidParameterValue", message)
        return environment

    def _health(self, environment: Environment) -> Health:
        return ("Grey", "") if environment.status in _GONE else self._look(environment)

    def _arn(self, environment: Environment) -> str:
        where = f"arn:aws:elasticbeanstalk:{self._region}:{_ACCOUNT}:environment"
        return f"{where}/{environment.application}/{environment.name}"

    def _described(self, environment: Environment) -> Parameters:
        colour, _ = self._health(environment)
        return {
            "EnvironmentName": environment.name,
            "EnvironmentId": environment.id,
            "ApplicationName": environment.application,
            "VersionLabel": environment.version,
            "SolutionStackName": environment.platform,
            "Description": environment.description,
            "CNAME": environment.cname,
            "DateCreated": environment.made,
            "DateUpdated": environment.changed,
            "Status": environment.status,
            "AbortableOperationInProgress": environment.status == "Updating",
            "Health": colour,
            "HealthStatus": _STATUSES[colour],
            "Tier": {"Name": "WebServer", "Type": "Standard", "Version": "1.0"},
            "EnvironmentArn": self._arn(environment),
        }


def _settings(asked: Parameters) -> dict[tuple[str, str], str]:
    return {
        (each.get("Namespace", PROPERTIES), each["OptionName"]): each.get("Value", "")
        for each in asked.get("OptionSettings", [])
    }


def _action(name: str) -> str:
    return name.title().replace("_", "").replace("Cnames", "CNAMEs")


def _now() -> datetime:
    return datetime.now(UTC)
