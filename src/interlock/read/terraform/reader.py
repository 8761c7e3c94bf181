"""The door to the Terraform reader: a plan's JSON or a plan package, and the change and the world that it tells."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.reader import Reading
from interlock.read.terraform.package import Manifest, is_zip, open_package
from interlock.read.terraform.plan import Plan, decode
from interlock.read.terraform.text import MAX_BYTES, refuse_foreign, sound

#: Formats whose minor version is known; a later minor one adds fields that are skipped, and that is said.
KNOWN_FORMATS: Final = {0: 2, 1: 2}

_FORMAT: Final = re.compile(r"(\d{1,4})\.(\d{1,4})")


class Opened(NamedTuple):
    """A payload taken apart: the plan, and what a package has beside it."""

    plan: Plan
    manifest: Manifest | None = None
    config: Mapping[str, bytes] | None = None
    dot: bytes | None = None


class TerraformReader:
    """Reads plans of Terraform and OpenTofu. There are no dialects: the plan says which program made it."""

    dialects: tuple[str, ...] = ("",)

    def __call__(self, payload: bytes, dialect: str, environment: str) -> Reading:
        if dialect:
            raise BadProposal(f"`terraform` has no dialect `{dialect}`", hint="say `terraform`", code="unknown-dialect")
        collecting = gc.isenabled()
        gc.disable()  # the collector costs more than the work: nothing here goes in circles
        try:
            return _read(payload, environment)
        except RecursionError:
            raise BadProposal("the plan is nested too deeply", code="too-deep") from None
        finally:
            if collecting:
                gc.enable()

    def before_planning(self, payload: bytes, environment: str = "") -> Change | None:
        """What making a plan of this source archive would run; None when the payload is no source archive.

        It is asked before a planner runs, so that code which the proposal brought is decided on before it runs.
        """
        from interlock.read.terraform.archive import configuration_in, is_archive
        from interlock.read.terraform.plantime import found_in

        if not is_archive(payload):
            return None
        try:
            found = found_in(configuration_in(payload), environment)
        except RecursionError:
            raise BadProposal("the configuration is nested too deeply", code="too-deep") from None
        if not found.files:
            raise BadProposal(
                "there is no configuration in it", hint="name the folder of the `.tf` files", code="empty"
            )
        return Change("terraform", found.effects, found.files, found.unknown, signals=found.signals)


def _read(payload: bytes, environment: str) -> Reading:
    from interlock.read.terraform.changes import effects_of
    from interlock.read.terraform.outline import outline_of
    from interlock.read.terraform.plantime import listed, provisioners_of, told_by
    from interlock.read.terraform.signals import told
    from interlock.read.terraform.told import tell

    plan, manifest, config, dot = opened(payload)
    degraded = _version(plan)
    outline = outline_of(plan)
    state = manifest.state if manifest is not None else ""
    found = effects_of(plan, outline, environment, state, provisioners_of(outline, config))
    whole = told(plan, outline, found.effects, manifest, config)
    change = Change(
        "terraform",
        found.effects,
        found.parts,
        (*found.unknown, *whole.unknown),
        (*degraded, *whole.degraded),
        listed((*whole.signals, *told_by(outline, manifest))),
        unit="change",
        needs_unknown=found.needs_unknown,
    )
    return Reading(change, tell(plan, config=config, dot=dot, resources=found.resources, environment=environment))


def opened(payload: bytes) -> Opened:
    """The plan in these bytes, whatever it came in. BadProposal says what else they are."""
    from interlock.read.terraform.archive import is_archive

    if len(payload) > MAX_BYTES:
        raise BadProposal(
            f"the plan has {len(payload):,} bytes; at most {MAX_BYTES:,} are read",
            hint="plan in parts: one state for each",
            code="too-large",
        )
    if is_zip(payload):
        package = open_package(payload)
        return Opened(_plan(package.plan), package.manifest, package.config, package.dot)
    if is_archive(payload):
        raise BadProposal(
            "this is a source archive, and no plan was made of it",
            hint="propose it for a target that has a planner, or give `terraform show -json tfplan`",
            code="not-planned",
        )
    if payload[:2] == b"\x1f\x8b":
        raise BadProposal("this is packed with gzip", hint="unpack it first", code="not-a-plan")
    return Opened(_plan(sound(payload)))


def _plan(raw: bytes) -> Plan:
    try:
        plan = decode(raw)
    except BadProposal as error:
        if error.code == "too-deep":
            raise
        refuse_foreign(raw, error)
        raise
    if not plan.format_version or not plan.has_body:
        refuse_foreign(raw)
    return plan


def _version(plan: Plan) -> tuple[str, ...]:
    """What is to be said of the format; BadProposal when nobody knows it."""
    match = _FORMAT.fullmatch(plan.format_version)
    known = KNOWN_FORMATS.get(int(match[1])) if match else None
    if match is None or known is None:
        raise BadProposal(
            "this format of a plan is not known here",
            where="$.format_version",
            hint="formats 0.1 to 1.x are read; use a newer Interlock",
            code="unknown-format",
        )
    if int(match[2]) <= known:
        return ()
    return (f"the plan has format {match[0]}; what is newer than {match[1]}.{known} in it is not read",)


reader: Final = TerraformReader()
