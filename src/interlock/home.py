"""Home: the folder that holds an installation: configuration, policies, keys, people's keys, and the ledger's file.

    interlock.toml         configuration                        keys/ledger.key (+ .pub)   signs checkpoints
    policies/*.cedar       the policies, yours to edit          keys/vault.key             seals what the vault holds
    policies/tests.toml    your cases for them                  keys/issuer.key            signs agents' tokens
    people/NAME.key        signing keys under passphrases       ledger.db, ledger.high-water

The folder and everything secret in it is readable by its owner alone. An agent must run as another user than Interlock.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from interlock.configuration import FILE, Configuration, load, parse
from interlock.errors import BadConfiguration, BadPolicy, KeyLost
from interlock.policy.starter import read_directory, starter_cases, starter_files

POLICIES: Final = "policies"
TESTS: Final = "tests.toml"
MAX_POLICY_FILES: Final = 200

_CONFIGURATION: Final = """\
# Interlock's configuration. Everything here has a default; what is misspelt is refused, never ignored.

[ledger]
store = {store}        # or postgresql://user@host/database (the password from PGPASSFILE)
origin = "{origin}"
high_water = "ledger.high-water"     # keep it on another disk than the store, if you can

# [environments.production]
# hours = [{{ from = "09:00", to = "17:00", days = [1, 2, 3, 4, 5], timezone = "Europe/Berlin" }}]
# freezes = [{{ name = "year end", from = 2026-12-20T00:00:00+01:00, to = 2027-01-03T00:00:00+01:00 }}]
# max_rows = 1000                    # more than this in one change is too much
# undo_window = "30s"                # how long a change that ran can be taken back; up to days
# approval_valid = "24h"

[environments.staging]
production = false

[environments.development]
production = false

# [pace]                             # of each agent, a minute; beyond it is refused, and nothing is recorded
# proposals = 30000
# reads = 300000
# bytes = 134217728                  # what it sends, and what is recorded of it

# [targets.shop]
# kind = "sql:sqlite"
# address = "shop.db"                # relative to this folder
# environment = "production"
# critical = ["customers"]
"""


class Home:
    """The paths of one home. Nothing is read until it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger_key = path / "keys" / "ledger.key"
        self.vault_key = path / "keys" / "vault.key"
        self.issuer_key = path / "keys" / "issuer.key"
        self.policies = path / POLICIES
        self.people = path / "people"

    def person_key(self, name: str) -> Path:
        return self.people / f"{name}.key"

    def configuration(self) -> Configuration:
        """Raises BadConfiguration; KeyLost when others can read the folder that holds the keys."""
        configuration = load(self.path)
        self._require_own()
        return configuration

    def _require_own(self) -> None:
        """KeyLost where others can read the keys, or can change what is decided here."""
        keys = self.path / "keys"
        try:
            if keys.stat().st_mode & 0o077:
                raise KeyLost("others can read the keys", hint="chmod -R go= it", where=str(keys))
            seen = self.path.stat()
            _require(self.path, {os.geteuid()})
            closed = not seen.st_mode & 0o077  # whoever cannot enter the folder changes nothing in it
            home = self.path.resolve()
            for part in (self.path / FILE, self.policies, *self.policies.glob("*.cedar")):
                real = part.resolve()
                if not real.is_relative_to(home):
                    _require(real, {os.geteuid(), 0})
                    for above in real.parents:
                        _require(above, {os.geteuid(), 0}, sticky=True)
                elif not closed:
                    _require(part, {os.geteuid()})
        except OSError as error:
            hint = "restore the home from its backup"
            raise KeyLost(f"the home cannot be used: {error.strerror}", hint=hint, where=str(error.filename)) from error

    def policy_sources(self) -> dict[str, str]:
        """The policy files by name. Raises BadPolicy when there are none: an empty set would deny without a reason."""
        sources = read_directory(self.policies)
        if len(sources) > MAX_POLICY_FILES:
            raise BadPolicy(
                f"there are {len(sources)} policy files (*.cedar), and {MAX_POLICY_FILES} are read at most",
                where=str(self.policies),
            )
        return sources


def _require(part: Path, owners: set[int], *, sticky: bool = False) -> None:
    """KeyLost where others can change this part. In a `sticky` folder nobody takes away what is another's."""
    status = part.stat()
    if status.st_uid not in owners:
        hint = "run Interlock as that user, or give the home to this one with chown"
        raise KeyLost("it belongs to another user, who could change it", hint=hint, where=str(part))
    if status.st_mode & 0o022 and not (sticky and status.st_mode & stat.S_ISVTX):
        hint = "look at what it says now; then chmod -R go= the home"
        raise KeyLost("others can change what is decided here", hint=hint, where=str(part))


def create(path: Path, *, origin: str, entropy: Callable[[int], bytes], store: str = "sqlite:///ledger.db") -> Home:
    """Make a new home. Raises BadConfiguration where there is one already: keys are never written over."""
    from interlock.identify.issuer import create_issuer
    from interlock.ledger.keys import create_master, create_signer

    home = Home(path)
    # A string of JSON is one of TOML, but for what stands in no address.
    configuration = _CONFIGURATION.format(origin=origin, store=json.dumps(store))
    parse(configuration, path)
    if (path / FILE).exists():
        raise BadConfiguration("there is an Interlock home here already", hint="choose another --home", where=str(path))
    if home.ledger_key.exists():
        hint = "`interlock init` did not come to its end here; move the folder away and run it again"
        raise BadConfiguration("there are keys here and no configuration", hint=hint, where=str(path))
    try:
        for folder in (path, path / "keys", home.policies, home.people):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        create_signer(home.ledger_key, origin, entropy)
        create_master(home.vault_key, entropy)
        create_issuer(home.issuer_key, entropy=entropy)
        for name, text in starter_files().items():
            (home.policies / name).write_text(text, encoding="utf-8")
        (home.policies / TESTS).write_text(starter_cases(), encoding="utf-8")
        (path / FILE).write_text(configuration, encoding="utf-8")
    except OSError as error:
        hint = f"{error.strerror}; what was begun there may be taken away"
        raise BadConfiguration("the home cannot be written", hint=hint, where=str(path)) from error
    return home
