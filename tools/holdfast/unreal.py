"""What of a deployed stage is not real yet: the list at the end of `make deploy`."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from holdfast.stage import Stage


@dataclass(frozen=True)
class Sandboxes:
    """Whether the account's SMS and email are confined to verified recipients; None where it could not be read."""

    sms: bool | None = None
    email: bool | None = None


def sandboxes(stage: Stage) -> Sandboxes:
    """Reads the state of the account in the stage's region."""
    return Sandboxes(
        _read(lambda: bool(stage.client("sns").get_sms_sandbox_account_status()["IsInSandbox"])),
        _read(lambda: not stage.client("sesv2").get_account()["ProductionAccessEnabled"]),
    )


def listed(parameters: dict[str, str], account: Sandboxes) -> list[str]:
    """Returns what is not real yet, a sentence each: what it means, and what to do."""
    found = []
    if parameters.get("PaymentProvider", "sandbox") == "sandbox":
        found.append("Payments: the sandbox takes no money, and anybody can press Pay. Set PaymentProvider.")
    if not parameters.get("AlarmTopicArn"):
        found.append("Alarms: no one receives them. Set AlarmTopicArn to an SNS topic with a subscription.")
    if not parameters.get("EmailSender"):
        found.append("Email: goes to the topic in the output EmailTopicArn. Set EmailSender and EmailSenderIdentity, or subscribe a mail relay.")
    elif account.email is not False:
        found.append(f"Email: SES {_state(account.email)}. Request production access.")
    if account.sms is not False:
        found.append(f"SMS: SNS {_state(account.sms)}. Request to leave it, and raise the monthly spend limit of $1.")
    if not parameters.get("PublicBaseUrl"):
        found.append("Domain: links have the API's generated host. Set PublicBaseUrl to a custom domain.")
    return found


def _state(confined: bool | None) -> str:
    return "is in the sandbox: only verified recipients are reached" if confined else "may be in the sandbox (its state could not be read)"


def _read(question: Callable[[], bool]) -> bool | None:
    """Returns the answer; none when the caller may not ask or the endpoint does not know the call."""
    try:
        return question()
    except (BotoCoreError, ClientError, KeyError):
        return None
