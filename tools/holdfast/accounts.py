"""`make grant` and the commands of machine clients: what operators do by right of IAM, through functions that have no route."""

import json
from typing import Any

import boto3

from holdfast import deploy
from holdfast import stage as stages
from holdfast.report import Failure, say

LOCAL = deploy.LOCAL_STAGE


def grant(stage: str, email: str, scopes: str | None, add: str | None = None, remove: str | None = None) -> None:
    """Adds scopes to the account with this email address or removes some, or gives it exactly `scopes`; an empty text removes all of them."""
    if not email:
        raise Failure("no account is named", 'Name one: make grant EMAIL=ada@example.com ADD="orders:read loms"')
    if scopes is not None and (add or remove):
        raise Failure("SCOPES is given together with ADD or REMOVE", "SCOPES replaces all scopes of the account. Use ADD and REMOVE to change some.")
    if scopes is None and not (add or remove):
        raise Failure("no scopes are named", 'Change some: ADD="orders:read loms", REMOVE="loms". Or replace all: SCOPES="orders:read loms", and SCOPES="" for none.')
    order: dict[str, Any] = {"email": email}
    if scopes is not None:
        order["scopes"] = _scopes(scopes)
    else:
        order |= {"add": _scopes(add or ""), "remove": _scopes(remove or "")}
    granted = change_scopes(functions(stage), deployed_name(stage), order)
    say(f"before  {' '.join(granted['before']) or 'no scopes'}\nafter   {' '.join(granted['scopes']) or 'no scopes'}")
    say(f"{email} has these scopes in every access token from the next one on.")
    if not granted["verified"]:
        say(f"Nobody has verified a login of this account yet: make sure that it was {email}'s owner who registered it.")


def change_scopes(functions: Any, stack_name: str, order: dict[str, Any]) -> dict[str, Any]:
    """Changes the scopes of an account by the function that is protected by IAM alone. Returns those before and after."""
    answer = functions.invoke(FunctionName=f"{stack_name}-GrantScopes", Payload=json.dumps(order))
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise Failure(f"GrantScopes failed: {body[:500]}")
    return json.loads(body)


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


def clients(stage: str) -> None:
    """Lists the machine clients, with what each may do and when it was last used."""
    listed = _manage(stage, {"action": "list"})["items"]
    for one in listed:
        used = f"last used {one['lastUsedAt'][:16]}" if "lastUsedAt" in one else "not used yet"
        say(f"{one['clientId']}  {one['name']}  {' '.join(one['scopes']) or 'no scopes'}  made {one['createdAt'][:10]}  {used}")
    if not listed:
        say("There is no machine client.")


def rotate_client(stage: str, client_id: str, overlap: int | None) -> None:
    """Gives a machine client another secret and shows it; the old one stays good for `overlap` hours."""
    order: dict[str, Any] = {"action": "rotate", "clientId": _named(client_id)}
    if overlap is not None:
        order["overlapHours"] = overlap
    made = _manage(stage, order)
    say(f"client_id      {made['clientId']}\nclient_secret  {made['clientSecret']}")
    until = made.get("previousSecretUntil")
    say("The secret is shown this once. " + (f"The old one is good until {until}." if until else "The old one is refused from now on."))


def revoke_client(stage: str, client_id: str) -> None:
    """Takes a machine client back."""
    _manage(stage, {"action": "revoke", "clientId": _named(client_id)})
    say("The client gets no token any more. Tokens that it has are good for up to 15 minutes.")


def _named(client_id: str) -> str:
    if not client_id:
        raise Failure("no client is named", "`make clients` lists them. Name one: CLIENT=11111111-2222-4333-8444-555555555555")
    return client_id


def _manage(stage: str, order: dict[str, Any]) -> dict[str, Any]:
    """Has the function do it that is protected by IAM alone."""
    answer = functions(stage).invoke(FunctionName=f"{deployed_name(stage)}-ManageClients", Payload=json.dumps(order))
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise Failure(f"ManageClients failed: {body[:500]}")
    return json.loads(body)


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
