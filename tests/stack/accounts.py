"""`make grant` and `make client`: what operators do by right of IAM, through functions that have no route."""

import json
from typing import Any

import boto3

from stack import deploy, seed, stage as stages
from stack.report import Failure, say

LOCAL = deploy.LOCAL_STAGE


def grant(stage: str, email: str, scopes: str | None) -> None:
    """Gives the account with this email address exactly these scopes; an empty text removes all of them."""
    if not email:
        raise Failure("no account is named", 'Name one: make grant EMAIL=ada@example.com SCOPES="orders:read loms"')
    if scopes is None:
        raise Failure("no scopes are named", 'They replace the account\'s scopes. Name them all: SCOPES="orders:read loms", or SCOPES="" to remove every scope.')
    seed.grant(functions(stage), deployed_name(stage), email, _scopes(scopes))
    say(f"{email} has {' '.join(_scopes(scopes)) or 'no scopes'}, in every access token from the next one on.")


def client(stage: str, name: str, scopes: str | None) -> None:
    """Makes a machine client and shows its secret, which is kept nowhere."""
    if not name:
        raise Failure("the client has no name", 'Name it: make client NAME=warehouse SCOPES="stock:write"')
    order = json.dumps({"name": name, "scopes": list(_scopes(scopes or ""))})
    answer = functions(stage).invoke(FunctionName=f"{deployed_name(stage)}-CreateClient", Payload=order)
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise Failure(f"CreateClient failed: {body[:500]}")
    made = json.loads(body)
    say(f"client_id      {made['clientId']}\nclient_secret  {made['clientSecret']}")
    say("The secret is shown this once: only its hash is kept. Names are not unique: an earlier client of this name keeps its own id and secret.")


def session(stage: str) -> boto3.Session:
    """Makes clients for a stage: the local stack or the one that the environment names, or AWS with the caller's own credentials."""
    return stages.choose(stage).session


def deployed_name(stage: str) -> str:
    """The name of a stage's stack."""
    return stages.choose(stage).stack


def functions(stage: str) -> Any:
    """A Lambda client for a stage."""
    return session(stage).client("lambda")


def _scopes(text: str) -> tuple[str, ...]:
    """Scopes as a person writes them: with spaces or commas between."""
    return tuple(text.replace(",", " ").split())
