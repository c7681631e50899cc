"""The API of a stage with a token, for commands that do by it what an operator could."""

import os
from collections.abc import Callable

from holdfast import deploy, release, target
from holdfast import stage as stages
from holdfast.api import Api, log_in
from holdfast.project import read_env_file
from holdfast.report import Failure


def open_for(stage: str, scopes: str, timeout: float) -> tuple[Api, Callable[[], str] | None]:
    """The API with a token, and how to get another one: the local operator's, or what the environment names.

    `scopes` names the scopes that a token needs, for the message to a caller without one.
    """
    stages.check(stage)
    token, url = os.environ.get("HOLDFAST_TOKEN", ""), os.environ.get("HOLDFAST_API", "")
    if url:
        stages.show(f"the API at {url}")
    else:
        stages.choose(stage)
    if token:
        return Api(url or _address(stage), token, timeout=timeout), None
    if stage != deploy.LOCAL_STAGE or url:
        raise Failure("there is no token", f"Set HOLDFAST_TOKEN to an access token with {scopes}.")
    stack = target.chosen()
    operator = {**read_env_file(stack.env_file), **os.environ}
    api = Api(stack.api_url, timeout=timeout)

    def renew() -> str:
        login = Api(stack.api_url)
        answer = log_in(login, operator["OPERATOR_EMAIL"], operator["OPERATOR_PASSWORD"])
        if answer.status != 200:
            raise Failure(f"logging the operator in answered {answer.problem()}")
        return login.token

    api.token = renew()
    return api, renew


def _address(stage: str) -> str:
    """The API's address at a stage."""
    chosen = stages.choose(stage)
    if stage == deploy.LOCAL_STAGE:
        return target.chosen().api_url
    return deploy.output(chosen.session, chosen.stack, release.API_OUTPUT)
