"""The key that signs access tokens: made once for each stage, kept in Secrets Manager, the same way here and on AWS.

The private half goes from this process's memory into the secret and nowhere else: not to a file, not onto a
command line. The public halves are a template parameter, newest first, so that tokens signed with the key
before the current one stay valid while a rotation is under way.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from holdfast.report import Failure

# Secrets Manager's labels for the version in use, the one that will be next, and the one before.
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
# An Ed25519 key has 32 bytes (RFC 8032).
KEY_BYTES = 32


@dataclass(frozen=True)
class TokenKeys:
    """What the template needs to know of the signing key."""

    secret_arn: str
    public_keys: tuple[str, ...]


def secret_name(stage: str) -> str:
    """The name of a stage's secret."""
    return f"holdfast-{stage}/token-signing-key"


def ensure(secrets: Any, stage: str) -> TokenKeys:
    """Finds the stage's signing key, or makes it. `secrets` is a Secrets Manager client."""
    name = secret_name(stage)
    current = _version(secrets, name, CURRENT)
    if current is None:
        made = secrets.create_secret(
            Name=name,
            Description="Signs Holdfast's access tokens: an Ed25519 key as a JSON Web Key.",
            SecretString=json.dumps(new_key()),
        )
        current = secrets.get_secret_value(SecretId=made["ARN"], VersionStage=CURRENT)
    # The one in use comes first: it is the one that the private key belongs to.
    live = [current, *(_version(secrets, name, label) for label in (PENDING, PREVIOUS))]
    public_keys = tuple(_public_key(name, version) for version in live if version)
    return TokenKeys(current["ARN"], tuple(dict.fromkeys(public_keys)))


def versions(secrets: Any, name: str) -> dict[str, str]:
    """The secret's labels, each with the id of its version; none where there is no such secret."""
    try:
        labelled = secrets.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return {}
        raise
    return {label: version for version, labels in labelled.items() for label in labels}


def move(secrets: Any, name: str, label: str, to: str | None, away_from: str) -> None:
    """Moves a label of the secret to another version, or takes it away. AWSPREVIOUS follows AWSCURRENT by itself."""
    target = {"MoveToVersionId": to} if to else {}
    secrets.update_secret_version_stage(SecretId=name, VersionStage=label, RemoveFromVersionId=away_from, **target)


def new_key() -> dict[str, str]:
    """A new Ed25519 key as a JSON Web Key (RFC 8037), named by its thumbprint."""
    key = Ed25519PrivateKey.generate()
    public = _base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    private = _base64url(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return {"kty": "OKP", "crv": "Ed25519", "x": public, "d": private, "kid": thumbprint(public)}


def thumbprint(public: str) -> str:
    """The RFC 7638 thumbprint of an Ed25519 public key: SHA-256 over the required members in order, without spaces."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": public}, separators=(",", ":"))
    return _base64url(hashlib.sha256(members.encode()).digest())


def _version(secrets: Any, secret: str, stage: str) -> dict[str, Any] | None:
    """One version of the secret; none when there is no such secret or version."""
    try:
        return secrets.get_secret_value(SecretId=secret, VersionStage=stage)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def _public_key(name: str, version: dict[str, Any]) -> str:
    """The public half of a stored key, after checking that it is one."""
    try:
        key = json.loads(version["SecretString"])
        public = key["x"]
        whole = (key["kty"], key["crv"], key["kid"]) == ("OKP", "Ed25519", thumbprint(public))
        if not whole or "d" not in key or len(base64.urlsafe_b64decode(public + "=")) != KEY_BYTES:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        # The cause is dropped on purpose: it could quote the private key.
        raise Failure(f"the secret {name} holds no Ed25519 key as a JSON Web Key with its thumbprint as kid") from None
    return public


def _base64url(data: bytes) -> str:
    """Base64url without padding, as in JSON Web Keys."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
