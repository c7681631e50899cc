"""`make rotate-snapshot-keys`: changes the key that cart snapshots are signed with, and no snapshot is refused for it.

Each call takes the next of three steps, and says when the one after it may be taken. Functions read the secret again by
themselves, so nothing is deployed. Where a rotation stands is seen in the secret itself, in its current and its previous version;
each step is one new version, so that none can be half done.

1. publish: a new key stands second. Every function verifies with both, and signs with the old one.
2. switch: once every function has read it, the new key stands first and signs.
3. drop: once every snapshot that the old key signed is too old, the old key goes.
"""

import json
import secrets as random
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from holdfast import accounts, keys, resources
from holdfast.report import Failure, say, step

LOGICAL_ID = "CartSnapshotSecret"
# How long a function goes by what it read (`SECRET_AGE` in functions/cart), with its pause after a reading that failed: seconds.
READ_AGE = 300 + 60
# How long orders are placed from a snapshot (`SNAPSHOT_LIFETIME`), with the clocks' difference that is put up with: seconds.
SNAPSHOT_AGE = 900 + 60
# Random bytes in a key: 64 characters, as long as the block of the hash.
KEY_BYTES = 48


@dataclass(frozen=True)
class Step:
    """What a call does: the keys afterwards, how old the last step has to be, and what is said of it."""

    what: str
    keys: list[str]
    wait: int
    told: str


def rotate(stage: str, hurry: bool) -> None:
    """Takes the next step of the stage's rotation. In a hurry the waiting time is not kept: for a key that has leaked."""
    session = accounts.session(stage)
    secrets = session.client("secretsmanager")
    secret = resources.find(session.client("cloudformation"), accounts.deployed_name(stage), LOGICAL_ID)
    current, since = _version(secrets, secret, keys.CURRENT)
    previous, _ = _version(secrets, secret, keys.PREVIOUS)
    coming = following(current, previous, random.token_urlsafe(KEY_BYTES))
    left = since + coming.wait - time.time()
    if left > 0 and not hurry:
        raise Failure("the last step has not reached everybody yet", f"Run it again in {int(left) + 1} seconds, or add HURRY=1.")
    with step(coming.what):
        secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(coming.keys))
    say(f"\n{coming.told}")


def following(current: list[str], previous: list[str], new: str) -> Step:
    """The step that follows when the secret holds `current` and held `previous` before."""
    if len(current) == 1:
        told = f"The new key verifies. In {READ_AGE // 60} minutes run it again to sign with it."
        return Step("publishing a new key", [*current, new], 0, told)
    first, second = current
    if previous == [first]:
        minutes = (READ_AGE + SNAPSHOT_AGE) // 60
        told = f"Snapshots are signed with the new key. In {minutes} minutes run it again to drop the old one."
        return Step("switching to the new key", [second, first], READ_AGE, told)
    told = "The rotation is done: the old key signs nothing and verifies nothing any more."
    return Step("dropping the old key", [first], READ_AGE + SNAPSHOT_AGE, told)


def _version(secrets: Any, secret: str, label: str) -> tuple[list[str], float]:
    """The keys of one version, and since when it is there; none when there is no such version."""
    try:
        version = secrets.get_secret_value(SecretId=secret, VersionStage=label)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return [], 0
        raise
    text = version["SecretString"]
    # One key as CloudFormation generated it, or a list.
    return json.loads(text) if text.lstrip().startswith("[") else [text], version["CreatedDate"].timestamp()
