"""An Elastic Beanstalk environment as the stand-in keeps it, and the stack of real resources that it owns.

As in AWS each environment is a CloudFormation stack of the service's own (`awseb-e-…-stack`), so what it owns is really
there, and is really gone when the environment is: instances, a load balancer, and a database that is coupled to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

#: The application's own settings, as its instances see them.
PROPERTIES: Final = "aws:elasticbeanstalk:application:environment"
DATABASE: Final = "aws:rds:dbinstance"

Setting = tuple[str, str]  # namespace, option name


@dataclass
class Environment:
    """One environment. `serving` is whether its instances are there; `settings` are its option settings."""

    name: str
    id: str
    application: str
    cname: str
    made: datetime
    changed: datetime
    platform: str = ""
    version: str = ""
    description: str = ""
    settings: dict[Setting, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "Launching"
    serving: bool = False

    @property
    def stack(self) -> str:
        return f"awseb-{self.id}-stack"

    def properties(self) -> dict[str, str]:
        """What the application finds in its surroundings."""
        return {name: value for (space, name), value in self.settings.items() if space == PROPERTIES}

    def template(self, region: str) -> str:
        """The stack of what this environment owns."""
        zones = [f"{region}a", f"{region}b"]
        tags = [
            {"Key": key, "Value": value}
            for key, value in {
                "elasticbeanstalk:environment-name": self.name,
                "elasticbeanstalk:environment-id": self.id,
                **self.tags,
            }.items()
        ]
        resources = {
            "AWSEBSecurityGroup": _resource("EC2::SecurityGroup", GroupDescription=f"instances of {self.name}"),
            "AWSEBEC2LaunchTemplate": _resource(
                "EC2::LaunchTemplate",
                LaunchTemplateName=f"{self.stack}-template",
                LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"},
            ),
            "AWSEBLoadBalancer": _resource(
                "ElasticLoadBalancing::LoadBalancer",
                AvailabilityZones=zones,
                Listeners=[{"InstancePort": "80", "LoadBalancerPort": "80", "Protocol": "HTTP"}],
            ),
            "AWSEBAutoScalingGroup": _resource(
                "AutoScaling::AutoScalingGroup",
                AvailabilityZones=zones,
                LaunchTemplate={
                    "LaunchTemplateId": {"Ref": "AWSEBEC2LaunchTemplate"},
                    "Version": {"Fn::GetAtt": ["AWSEBEC2LaunchTemplate", "LatestVersionNumber"]},
                },
                LoadBalancerNames=[{"Ref": "AWSEBLoadBalancer"}],
                MinSize="2",
                MaxSize="4",
                Tags=[{**tag, "PropagateAtLaunch": True} for tag in tags],
            ),
        }
        if self.settings.get((DATABASE, "HasCoupledDatabase")) == "true":
            resources["AWSEBRDSDatabase"] = _resource(
                "RDS::DBInstance",
                DBInstanceIdentifier=f"awseb-{self.id}-db",
                Engine=self.settings.get((DATABASE, "DBEngine"), "postgres"),
                DBInstanceClass=self.settings.get((DATABASE, "DBInstanceClass"), "db.t3.medium"),
                AllocatedStorage="20",
                MasterUsername="ebroot",
                MasterUserPassword="a-practice-database",
                BackupRetentionPeriod=1,
                Tags=tags,
            )
        return json.dumps({"Resources": resources})


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}
