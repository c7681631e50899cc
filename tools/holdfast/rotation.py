"""`make rotate-keys`: changes the key that signs access tokens, and logs no user out.

Each call takes the next of three steps, and says when the one after it may be taken. Where a rotation stands is kept in the
labels of the secret's versions, so that a step which was interrupted is simply taken again:

1. publish: a new key is made and kept under AWSPENDING. An update of the stack's parameters gives its public half to every
   function, and the key set that others fetch has it. Nothing is signed with it yet.
2. switch: once no one holds an older key set any more, the new key becomes AWSCURRENT and the old one AWSPREVIOUS. An update
   of the parameters restarts the functions that sign, with the new key.
3. drop: once every token that the old key signed has run out, its label is removed, and with another update its public half.

The updates use the deployed template and change the two parameters of the keys: no code is built or shipped.
"""

import json
import time
from datetime import datetime, timezone
from typing import Any

from holdfast import accounts, deploy, keys, update
from holdfast.report import Failure, say, step

# How long others may keep the key set: `max-age` of /.well-known/jwks.json, in seconds.
KEY_SET_AGE = 300
# How long an access token is good, with the clocks' difference that is put up with: seconds.
TOKEN_AGE = 900 + 60
# The tag of the secret that says when the last step was taken.
TAKEN = "holdfast:rotation-step-taken"


def rotate(stage: str, hurry: bool) -> None:
    """Takes the next step of the stage's rotation. In a hurry the waiting time is not kept: for stacks without users."""
    session = accounts.session(stage)
    secrets = session.client("secretsmanager")
    name = keys.secret_name(stage)
    versions = keys.versions(secrets, name)
    if keys.CURRENT not in versions:
        raise Failure(f"the stage {stage} has no signing key yet", "Deploy it first.")
    tags = {tag["Key"]: tag["Value"] for tag in secrets.describe_secret(SecretId=name).get("Tags", [])}
    if TAKEN not in tags and {keys.PENDING, keys.PREVIOUS} & set(versions):
        told = "The last step had been interrupted; now it is done. Run it again when its time is over."
    elif keys.PENDING in versions:
        _wait(tags, KEY_SET_AGE, hurry, "somebody may still hold a key set without the new key")
        with step("switching to the new key"):
            _forget(secrets, name)
            keys.move(secrets, name, keys.CURRENT, versions[keys.PENDING], versions[keys.CURRENT])
            keys.move(secrets, name, keys.PENDING, None, versions[keys.PENDING])
        told = f"Tokens are signed with the new key. In {TOKEN_AGE // 60} minutes run it again to drop the old one."
    elif keys.PREVIOUS in versions:
        _wait(tags, TOKEN_AGE, hurry, "tokens that the old key signed are still good")
        with step("dropping the old key"):
            _forget(secrets, name)
            keys.move(secrets, name, keys.PREVIOUS, None, versions[keys.PREVIOUS])
        told = "The rotation is done: the old key signs nothing and verifies nothing any more."
    else:
        with step("making a new key"):
            _forget(secrets, name)
            secrets.put_secret_value(
                SecretId=name, SecretString=json.dumps(keys.new_key()), VersionStages=[keys.PENDING]
            )
        told = f"The new key is published. In {KEY_SET_AGE // 60} minutes run it again to sign with it."
    with step("giving the public keys to every function"):
        _pass_on(session, stage)
    secrets.tag_resource(SecretId=name, Tags=[{"Key": TAKEN, "Value": datetime.now(timezone.utc).isoformat(timespec="seconds")}])
    say(f"\n{told}")


def _forget(secrets: Any, name: str) -> None:
    """Takes the time of the last step away: until a step's update has ended, the step has no time."""
    secrets.untag_resource(SecretId=name, TagKeys=[TAKEN])


def _wait(tags: dict[str, str], seconds: int, hurry: bool, why: str) -> None:
    """Refuses a step that comes too early."""
    left = datetime.fromisoformat(tags[TAKEN]).timestamp() + seconds - time.time()
    if left > 0 and not hurry:
        raise Failure(f"{why}", f"Run it again in {int(left) + 1} seconds. A stack without users: add HURRY=1.")


def _pass_on(session: Any, stage: str) -> None:
    """Brings the public keys to the stage's functions: by the parameters alone, so that no code is built or shipped."""
    found = keys.ensure(session.client("secretsmanager"), stage)
    changed = deploy.key_parameters(found)
    # An emulator is done in a moment.
    update.change(session.client("cloudformation"), accounts.deployed_name(stage), changed, 1 if stage == accounts.LOCAL else update.POLL_SECONDS)
