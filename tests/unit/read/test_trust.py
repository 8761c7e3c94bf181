"""Whom a new role trusts: another account, or whomever a provider of identities knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.read.readers import reader_for
from interlock.read.terraform.access import widens

OWN = "123456789012"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
CLAIM = "token.actions.githubusercontent.com"


def trust(principal: Any, condition: Any = None, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Statement": [{**statement, "Condition": condition} if condition else statement]})


def why(document: str, *own: str) -> str:
    after = {"name": "deploy", "assume_role_policy": document}
    return widens("aws_iam_role", "create", None, after, frozenset(), lambda: frozenset(own or (OWN,)))


STRANGE = [
    trust({"AWS": "arn:aws:iam::999999999999:root"}),
    trust({"AWS": "999999999999"}),
    trust({"AWS": [f"arn:aws:iam::{OWN}:root", "arn:aws:iam::999999999999:role/x"]}),
    trust({"AWS": "arn:aws:iam::999999999999:root"}, {"StringEquals": {"sts:ExternalId": "x"}}),
    trust({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    trust({"Federated": GITHUB}),
    trust({"Federated": GITHUB}, {"StringEquals": {f"{CLAIM}:aud": "sts.amazonaws.com"}}),
    trust({"Federated": GITHUB}, {"StringLike": {f"{CLAIM}:sub": "*"}}),
    trust({"Federated": GITHUB}, {"StringLike": {f"{CLAIM}:sub": "repo:*"}}),
    trust({"Federated": GITHUB}, {"StringLike": {f"{CLAIM}:sub": ["repo:shop/api:*", "repo:?*"]}}),
    trust({"Federated": GITHUB}, {"StringNotEquals": {f"{CLAIM}:sub": "repo:shop/api:ref"}}),
    trust({"Federated": "cognito-identity.amazonaws.com"}),
    "no JSON",
]
KNOWN = [
    trust({"Service": "lambda.amazonaws.com"}),
    trust({"AWS": f"arn:aws:iam::{OWN}:root"}),
    trust({"AWS": f"arn:aws:iam::{OWN}:role/ci"}),
    trust({"AWS": "arn:aws:iam::999999999999:root"}, effect="Deny"),
    trust({"Federated": GITHUB}, {"StringEquals": {f"{CLAIM}:sub": "repo:shop/api:ref:refs/heads/main"}}),
    trust({"Federated": GITHUB}, {"StringLike": {f"{CLAIM}:sub": "repo:shop/*"}}),
    trust({"Federated": GITHUB}, {"StringEquals": {f"{CLAIM}:repository": "shop/api"}}),
    trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/office"}),
    trust({"Federated": "cognito-identity.amazonaws.com"},
          {"StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"}}),
]  # fmt: skip


@pytest.mark.parametrize("document", STRANGE)
def test_a_new_role_that_trusts_a_stranger_widens(document: str) -> None:
    said = why(document)

    assert said
    assert "999999999999" not in said


@pytest.mark.parametrize("document", KNOWN)
def test_a_new_role_that_trusts_its_own_does_not(document: str) -> None:
    assert why(document) == ""


def test_an_account_that_nobody_knows_is_a_stranger() -> None:
    document = trust({"AWS": f"arn:aws:iam::{OWN}:root"})

    assert why(document, "999999999999") == "another account may take it on"
    assert widens("aws_iam_role", "create", None, {"assume_role_policy": document}, frozenset())


def planned(state: dict[str, Any]) -> tuple[str, ...]:
    """The traits of a plan that makes a role which its own account may take on, with this in its state."""
    change = {"actions": ["create"], "before": None, "after": {"assume_role_policy": trust({"AWS": OWN})}}
    role = {"address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role", "name": "x", "change": change}
    thing = {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q", "values": state}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [role],
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [thing]}}},
    }
    return reader_for("terraform")(json.dumps(plan).encode(), "", "production").change.effects[0].traits


def test_the_own_accounts_are_those_of_what_the_state_holds() -> None:
    assert planned({"arn": f"arn:aws:sqs:eu-west-1:{OWN}:q"}) == ()
    assert planned({"arn": "arn:aws:sqs:eu-west-1:999999999999:q"}) == ("widens-access",)
    assert planned({"policy": json.dumps({"arn": f"arn:aws:sqs:eu-west-1:{OWN}:q"})}) == ("widens-access",)
    assert planned({"account_id": OWN}) == ()


def first_apply(*providers: dict[str, Any]) -> tuple[str, ...]:
    """The traits of a plan on an empty state, with providers of AWS that say this of themselves."""
    change = {"actions": ["create"], "before": None, "after": {"assume_role_policy": trust({"AWS": OWN})}}
    role = {"address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role", "name": "x", "change": change}
    blocks = {f"aws.{number}": {"name": "aws", "expressions": said} for number, said in enumerate(providers)}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [role],
        "configuration": {"provider_config": {**blocks, "random": {"name": "random"}}},
    }
    return reader_for("terraform")(json.dumps(plan).encode(), "", "production").change.effects[0].traits


def allowed(*accounts: str) -> dict[str, Any]:
    return {"allowed_account_ids": {"constant_value": list(accounts)}}


def role_of(account: str) -> dict[str, Any]:
    return {"assume_role": [{"role_arn": {"constant_value": f"arn:aws:iam::{account}:role/deploy"}}]}


@pytest.mark.parametrize("providers", [[allowed(OWN)], [role_of(OWN)], [allowed(OWN), role_of(OWN)]])
def test_on_a_first_apply_the_own_account_is_that_of_its_providers(providers: list[dict[str, Any]]) -> None:
    assert first_apply(*providers) == ()


@pytest.mark.parametrize(
    "providers",
    [
        [],
        [{}],
        [allowed()],
        [allowed(OWN, "999999999999")],
        [allowed("999999999999")],
        [allowed(OWN), {}],
        [allowed(OWN), allowed("999999999999")],
        [{**allowed(OWN), "skip_requesting_account_id": {"constant_value": True}}],
        [{"assume_role": [{"role_arn": {"references": ["var.role"]}}]}],
    ],
)
def test_providers_that_do_not_say_one_account_say_nothing(providers: list[dict[str, Any]]) -> None:
    assert first_apply(*providers) == ("widens-access",)
