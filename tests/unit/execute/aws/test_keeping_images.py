"""Images that are deleted keep a tag of the case until the window closes, and get their own back when it is undone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.execute.aws.answer import from_bytes
from interlock.execute.executor import Order

MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
OURS = "interlock-a1b2c3d4-0"


def manifest(number: int) -> str:
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": f"sha256:{number}"}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MEDIA, "config": {"digest": f"sha256:c{number}"}, "layers": [layer]}
    )


def repository(account: Account) -> Any:
    client = account.client("ecr")
    client.create_repository(repositoryName="app")
    for number, tag in ((1, "v1"), (1, "stable"), (2, "v2")):
        client.put_image(repositoryName="app", imageManifest=manifest(number), imageTag=tag)
    return client


def tags(client: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in client.list_images(repositoryName="app")["imageIds"]:
        found.setdefault(each["imageDigest"], set()).add(each.get("imageTag", ""))
    return found


def digest(client: Any, tag: str) -> str:
    answer = client.batch_get_image(repositoryName="app", imageIds=[{"imageTag": tag}])
    return str(answer["images"][0]["imageId"]["imageDigest"])


def deleted(account: Account, *ids: dict[str, str]) -> Order:
    parameters = {"repositoryName": "app", "imageIds": list(ids)}
    return account.order("ecr:BatchDeleteImage", parameters, ("aws.ecr.image", "app/v2"))


def test_the_last_tag_of_an_image_leaves_it_with_one_of_the_case(account: Account) -> None:
    client = repository(account)
    two, before = digest(client, "v2"), tags(client)
    order = deleted(account, {"imageTag": "v2"})
    assert account.executor().look(order, "run") == "not-done"

    done = account.run(order)
    answer = json.loads(from_bytes(account.vault[done.output]).body)

    assert done.told == [("about", "soften"), ("did", "soften")]
    assert answer == {"imageIds": [{"imageDigest": two, "imageTag": "v2"}], "failures": []}
    assert tags(client)[two] == {OURS}
    assert account.executor().look(order, "run") == "done"

    account.undo(order, done)

    assert tags(client) == before


def test_an_image_that_goes_by_its_digest_gets_all_its_tags_back(account: Account) -> None:
    client = repository(account)
    one, before = digest(client, "v1"), tags(client)
    order = deleted(account, {"imageDigest": one})

    done = account.run(order)
    assert tags(client)[one] == {OURS}
    account.undo(order, done)

    assert tags(client) == before


def test_one_tag_of_several_is_only_taken_off(account: Account) -> None:
    client = repository(account)
    one, before = digest(client, "v1"), tags(client)
    order = deleted(account, {"imageTag": "stable"})

    done = account.run(order)
    assert tags(client)[one] == {"v1"}
    account.undo(order, done)

    assert tags(client) == before


def test_an_image_is_gone_when_the_window_closes(account: Account) -> None:
    client = repository(account)
    two = digest(client, "v2")
    order = deleted(account, {"imageTag": "v2"})
    account.run(order)
    assert account.executor().look(order, "close") == "in-part"

    account.close(order)

    assert two not in tags(client)
    assert account.executor().look(order, "close") == "done"


def test_an_image_that_somebody_tagged_anew_stays_when_the_window_closes(account: Account) -> None:
    client = repository(account)
    two = digest(client, "v2")
    order = deleted(account, {"imageTag": "v2"})
    account.run(order)
    client.put_image(repositoryName="app", imageManifest=manifest(2), imageTag="v3")

    account.close(order)

    assert tags(client)[two] == {"v3"}


def test_what_is_not_there_is_answered_as_ecr_answers(account: Account) -> None:
    client = repository(account)
    order = deleted(account, {"imageTag": "v2"}, {"imageTag": "v9"})

    done = account.run(order)
    answer = json.loads(from_bytes(account.vault[done.output]).body)

    assert [each["failureCode"] for each in answer["failures"]] == ["ImageNotFound"]
    assert len(answer["imageIds"]) == 1
    assert len(tags(client)) == 2


def test_a_batch_of_which_nothing_is_there_is_sent_as_it_is(account: Account) -> None:
    repository(account)

    done = account.run(deleted(account, {"imageTag": "v9"}))

    assert done.told == [("about", "call"), ("did", "call")]


@pytest.mark.parametrize(("count", "cheap"), [(10, True), (11, False)])
def test_only_a_few_images_are_looked_at_before_anybody_votes(account: Account, count: int, cheap: bool) -> None:
    from interlock.execute.aws.keeping.images import Images
    from interlock.execute.aws.work import work_of

    order = deleted(account, *({"imageTag": f"v{number}"} for number in range(count)))

    assert Images().is_cheap(work_of(order.payload, order.target).call) is cheap
