"""What the local stack sent: the emails that the queue beside the email topic holds, and the texts."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass

from holdfast.project import LocalStack


@dataclass(frozen=True)
class Message:
    """One message to one customer."""

    channel: str
    to: str
    subject: str
    text: str


def emails(stack: LocalStack, queue_url: str) -> list[Message]:
    """All captured emails, oldest first. Looking takes none away."""
    found = _get(stack, f"/_ministack/sqs/messages?QueueUrl={urllib.parse.quote(queue_url, safe='')}")
    regions = (region for account in found["messages"].values() for region in account.values())
    kept = [message for region in regions for message in region.get(queue_url, [])]
    notices = [json.loads(message["Body"]) for message in kept]
    return [Message("email", _recipient(each), each.get("Subject") or "", each["Message"]) for each in notices]


def texts(stack: LocalStack) -> list[Message]:
    """All text messages, by phone number."""
    found = _get(stack, "/_ministack/sns/sms-messages")["sms_messages"]
    return [Message("sms", phone, "", each["Message"]) for phone, sent in found.items() for each in sent]


def _recipient(notice: dict) -> str:
    """The address in the topic message's attributes."""
    return notice.get("MessageAttributes", {}).get("recipient", {}).get("Value", "")


def _get(stack: LocalStack, path: str) -> dict:
    """One of the emulator's own answers."""
    with urllib.request.urlopen(stack.endpoint + path, timeout=10) as answer:
        return json.load(answer)
