"""Which stack a command works on: the one that the environment names, or the checkout's own.

The environment names one with AWS_ENDPOINT_URL and STACK_NAME together, as .stack/env does. The endpoint need not be an emulator of ours: anything that
speaks as LocalStack does will do.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from holdfast import local_stack
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack, stack_name

# What a caller may say of an endpoint; what they leave out is as it is on the local stack.
REGION, KEY, SECRET, TOKEN = "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
# Holds the name and the address: neither does alone, since the address may be meant for something else.
ENDPOINT, NAME, API = "AWS_ENDPOINT_URL", "STACK_NAME", "API_URL"


@dataclass(frozen=True)
class GivenStack(LocalStack):
    """A stack on an endpoint that somebody else keeps running."""

    address: str = ""
    api: str = ""
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The endpoint as it was given."""
        return self.address

    @property
    def api_url(self) -> str:
        """The prefix before each route: as given, or the endpoint's address of the API, by LocalStack's custom."""
        return self.api or self.api_address(self.address)

    def operator_variables(self) -> dict[str, str]:
        """The environment of an operator of this stack, with the credentials that were given."""
        return {**super().operator_variables(), **self.credentials}


def given(directory: Path) -> GivenStack | None:
    """The stack that AWS_ENDPOINT_URL names, if it is set; its files go into `directory`."""
    endpoint = os.environ.get(ENDPOINT, "").rstrip("/")
    if not endpoint:
        return None
    region = os.environ.get(REGION) or os.environ.get("AWS_DEFAULT_REGION") or LOCAL_REGION
    credentials = {REGION: region, "AWS_DEFAULT_REGION": region}
    credentials |= {name: os.environ.get(name) or LOCAL_KEY for name in (KEY, SECRET)}
    if os.environ.get(TOKEN):
        credentials[TOKEN] = os.environ[TOKEN]
    return GivenStack(
        directory=directory,
        port=0,
        persistent=False,
        name=os.environ.get(NAME) or stack_name("local"),
        address=endpoint,
        api=os.environ.get(API, "").rstrip("/"),
        credentials=credentials,
    )


def chosen() -> LocalStack:
    """The stack that the environment names, or the checkout's, which has to run then."""
    named = given(local_stack.STACK_DIRECTORY) if os.environ.get(NAME) else None
    return named or local_stack.running_stack()
