"""`make soak`: the campaign on a stack of its own, round after round. docs/reliability.md says what it does and what it found."""

import asyncio
import collections
import contextlib
import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stack import build, checks, double, emulator, local, process, resources
from stack.campaign import faults, rounds
from stack.campaign.books import Sources
from stack.campaign.control import Nemesis, Provider
from stack.campaign.dice import Dice
from stack.campaign.proxy import Proxy
from stack.project import ROOT, LocalStack, read_env_file
from stack.report import Failure, say, step

# Seeds of rounds that found something. They are played first.
KEPT = ROOT / "tests" / "stack" / "campaign" / "kept.json"
FOUND = ROOT / "target" / "soak"
# How much of the time `make test` gives to rounds.
SHORT_SECONDS = 300.0
CONSUMER = "campaign"


def run(hours: float, seed: str) -> None:
    """Plays rounds for so many hours, those of kept seeds first; ends with a failure when any of them found something."""
    checks.check()
    build.local()
    build.double()
    with hostile_stack() as stage:
        play(stage, hours * 3600.0, seed)


def play(stage: rounds.Stage, seconds: float, seed: str = "") -> None:
    """Plays rounds on a stage for so long, at least one, and tells what they found."""
    first = random.randrange(1 << 32) if seed in ("", "random") else int(seed)
    seeds = [*json.loads(KEPT.read_text()), *range(first, first + 1_000_000)] if not seed.isdigit() else range(first, first + 1_000_000)
    until, played, told = time.monotonic() + seconds, 0, collections.Counter()
    say(f"\nRounds of {rounds.STORM_SECONDS:.0f} s of storm for {seconds / 60:.0f} minutes; random seeds begin at {first}:")
    for number in seeds:
        done = asyncio.run(rounds.play(stage, number))
        played += 1
        _tell(done, told)
        if done.violations:
            _keep(done, stage)
            raise Failure(f"round {number} found {len(done.violations)} faults", f"Play it again: make soak SEED={number}", stage.sources.stack.emulator_log)
        if time.monotonic() > until:
            break
    _sum_up(stage, played, told)


def _tell(done: rounds.Round, told: collections.Counter[str]) -> None:
    """One line for a round."""
    counts = done.history.counts()
    deeds = sum(sum(each.values()) for each in counts.values())
    unknown = sum(each.get("unknown", 0) for each in counts.values())
    told.update(done.counts)
    told.update({"operations": deeds, "operations without an answer": unknown, "seconds that passed": done.passed_seconds})
    say(f"  seed {done.seed:<11} strength {done.strength:<4} {deeds:>4} operations, {unknown:>3} without an answer, {sum(done.counts.values()):>5} faults, {done.passed_seconds / 3600:>5.1f} h passed, {done.seconds:>4.0f} s: {len(done.violations) or 'nothing'} found")


def _keep(done: rounds.Round, stage: rounds.Stage) -> None:
    """Writes down what a round did, for whoever looks for the fault."""
    FOUND.mkdir(parents=True, exist_ok=True)
    file = FOUND / f"{done.seed}.json"
    deeds = [{**vars(deed), "outcome": deed.outcome.value} for deed in done.history.deeds]
    file.write_text(json.dumps({"violations": done.violations, "counts": done.counts, "deeds": deeds}, indent=1, ensure_ascii=False, default=str))
    (FOUND / f"{done.seed}.log").write_text(stage.sources.stack.emulator_log.read_text(errors="replace"))
    for each in done.violations:
        say(f"    {each}")
    say(f"  All that happened is in {file.relative_to(ROOT)}")


def _sum_up(stage: rounds.Stage, played: int, told: collections.Counter[str]) -> None:
    """Says how much was done."""
    say(f"\n{played} rounds found nothing. In all:")
    more = {"requests to AWS": sum(stage.proxy.requests.values()), **stage.nemesis.done}
    for name, count in sorted({**told, **more}.items()):
        say(f"  {count:>8} {name}")
    say(f"  deliveries: {json.dumps(stage.nemesis.counts())}")
    say(f"  provider: {json.dumps(stage.provider.counts())}")


@contextlib.contextmanager
def hostile_stack() -> Iterator[rounds.Stage]:
    """A stack of its own, behind a fault proxy, with a nemesis in its emulator and the hostile provider for its own."""
    proxy_port, nemesis_port = process.any_free_port(), process.any_free_port()
    hostile = emulator.Hostile(nemesis_port, f"http://127.0.0.1:{proxy_port}")
    with checks.own_stack(hostile) as stack, _proxy(stack, proxy_port) as proxy:
        local.converge(stack, checks.PARAMETERS)
        with double.running(stack, _clock(stack)) as provider:
            session = local.session()
            local.converge(stack, {**checks.PARAMETERS, "PaymentWindowSeconds": "600", **provider.parameters(session.client("secretsmanager"))})
            known = read_env_file(stack.env_file)
            sources = Sources(session, stack, provider.url, _consumer(session, stack))
            operator = (known["OPERATOR_EMAIL"], known["OPERATOR_PASSWORD"])
            yield rounds.Stage(stack.api_url, operator, proxy, Nemesis(f"http://127.0.0.1:{nemesis_port}"), Provider(provider.url), sources)


@contextlib.contextmanager
def _proxy(stack: LocalStack, port: int) -> Iterator[Proxy]:
    """The fault proxy, in a thread of its own; calm until a round changes its weather."""
    proxy, loop = Proxy(stack.endpoint, faults.calm(Dice(0))), asyncio.new_event_loop()
    runner = loop.run_until_complete(proxy.start(port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(runner), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _clock(stack: LocalStack) -> dict[str, str]:
    """The environment of a process whose clock moves with the emulator's."""
    library = next((ROOT / ".venv" / "stack").glob("lib/python*/site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1"))
    file: Path = stack.directory / "tmp" / "clock" / "emulator"
    return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _consumer(session: Any, stack: LocalStack) -> str:
    """A queue that gets all events of the stack's bus; its address."""
    queues, events = session.client("sqs"), session.client("events")
    bus = resources.find(session.client("cloudformation"), stack.name, "EventBus")
    queue = queues.create_queue(QueueName=CONSUMER)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=CONSUMER, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": "holdfast."}]}))
    events.put_targets(Rule=CONSUMER, EventBusName=bus, Targets=[{"Id": CONSUMER, "Arn": arn}])
    return queue
