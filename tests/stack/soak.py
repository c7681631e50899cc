"""`make soak`: the campaign on a stack of its own, round after round. docs/reliability.md says what it does and what it found."""

import asyncio
import collections
import contextlib
import io
import itertools
import json
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

from holdfast import accounts, build, process, resources, rotation
from holdfast.prerequisites import check
from holdfast.project import EMULATOR_PYTHON, ROOT, LocalStack, read_env_file
from holdfast.report import Failure, say
from stack import clockwork, double, emulator, local, temporary
from stack.campaign import faults, rounds
from stack.campaign.control import Nemesis, Provider
from stack.campaign.proxy import Proxy
from stack.campaign.randomness import Random
from stack.campaign.snapshot import SnapshotReader

# Seeds of rounds that found a violation. They are played first.
KEPT = ROOT / "tests" / "stack" / "campaign" / "kept.json"
FOUND = ROOT / "target" / "soak"
CONSUMER = "campaign"


def run(hours: float, seed: str) -> None:
    """Plays rounds, kept seeds first. Raises Failure at the first violation."""
    check()
    build.tested()
    build.double()
    with hostile_stack() as environment:
        play(environment, hours * 3600.0, seed)


def play(environment: rounds.Environment, seconds: float, seed: str) -> None:
    """Plays at least one round on a hostile stack."""
    chosen = seed.isdigit()
    first = int(seed) if chosen else random.randrange(1 << 32)
    until, played = time.monotonic() + seconds, 0
    totals: collections.Counter[str] = collections.Counter()
    say(f"\nRounds with {rounds.FAULT_SECONDS:.0f} s of faults for {seconds / 60:.0f} minutes; seeds begin at {first}:")
    for number in itertools.chain([] if chosen else json.loads(KEPT.read_text()), itertools.count(first)):
        done = asyncio.run(rounds.play(environment, number))
        played += 1
        _tell(done, totals)
        if done.violations:
            _keep(done, environment)
            raise Failure(f"round {number} found {len(done.violations)} faults", f"Play it again: make soak SEED={number}", environment.reader.stack.emulator_log)
        if time.monotonic() > until:
            break
    _sum_up(environment, played, totals)


def _tell(done: rounds.Round, totals: collections.Counter[str]) -> None:
    """Prints one line for a round."""
    counts = done.history.counts()
    operations = sum(sum(each.values()) for each in counts.values())
    unknown = sum(each.get("unknown", 0) for each in counts.values())
    totals.update(done.counts)
    totals.update({"operations": operations, "operations without an answer": unknown, "seconds that passed": done.passed_seconds})
    say(
        f"  seed {done.seed:<11} strength {done.strength:<4} {operations:>4} operations, {unknown:>3} without an answer, {sum(done.counts.values()):>5} faults, "
        f"{done.passed_seconds / 3600:>5.1f} h passed, {done.seconds:>4.0f} s: {len(done.violations) or 'nothing'} found"
    )


def _keep(done: rounds.Round, environment: rounds.Environment) -> None:
    """Writes the history and the functions' log of a round to a file."""
    FOUND.mkdir(parents=True, exist_ok=True)
    file = FOUND / f"{done.seed}.json"
    operations = [{**vars(operation), "outcome": operation.outcome.value} for operation in done.history.operations]
    file.write_text(json.dumps({"violations": done.violations, "counts": done.counts, "operations": operations}, indent=1, ensure_ascii=False, default=str))
    (FOUND / f"{done.seed}.log").write_text(environment.reader.stack.emulator_log.read_text(errors="replace"))
    for each in done.violations:
        say(f"    {each}")
    say(f"  All that happened is in {file.relative_to(ROOT)}")


def _sum_up(environment: rounds.Environment, played: int, totals: collections.Counter[str]) -> None:
    """Prints the totals."""
    say(f"\n{played} rounds found nothing. In all:")
    more = {"requests to AWS": sum(environment.proxy.requests.values()), **environment.nemesis.done}
    for name, count in sorted({**totals, **more}.items()):
        say(f"  {count:>8} {name}")
    say(f"  deliveries: {json.dumps(environment.nemesis.counts())}")
    say(f"  provider: {json.dumps(environment.provider.counts())}")


@contextlib.contextmanager
def hostile_stack() -> Iterator[rounds.Environment]:
    """Deploys a stack behind a fault proxy, with a nemesis in its emulator and the YooKassa stub as its provider."""
    proxy_port, nemesis_port = process.any_free_port(), process.any_free_port()
    hostile = emulator.Hostile(nemesis_port, f"http://127.0.0.1:{proxy_port}")
    with temporary.stack(hostile) as stack, _proxy(stack, proxy_port) as proxy:
        stack.use_in_this_process()
        session = local.session()
        with double.running(stack, _clock(stack)) as provider:
            local.converge(stack, provider.parameters(session.client("secretsmanager")))
            known = read_env_file(stack.env_file)
            reader = SnapshotReader(session, stack, provider.url, _consumer(session, stack))
            operator = (known["OPERATOR_EMAIL"], known["OPERATOR_PASSWORD"])
            yield rounds.Environment(stack.api_url, operator, proxy, Nemesis(f"http://127.0.0.1:{nemesis_port}"), Provider(provider.url), reader, _rotate)


def _rotate() -> None:
    """Takes the next step of a rotation without its waiting times and its output."""
    with contextlib.redirect_stdout(io.StringIO()):
        rotation.rotate(accounts.LOCAL, hurry=True)


@contextlib.contextmanager
def _proxy(stack: LocalStack, port: int) -> Iterator[Proxy]:
    """Runs the fault proxy in a thread, without faults at first."""
    proxy, loop = Proxy(stack.endpoint, faults.no_faults(Random(0))), asyncio.new_event_loop()
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
    """Returns the environment of a process with the emulator's clock."""
    site = next(EMULATOR_PYTHON.parents[1].glob("lib/python*/site-packages"))
    return clockwork.environment(clockwork.Clock(stack.directory / "tmp" / "clock").file(), site)


def _consumer(session: Any, stack: LocalStack) -> str:
    """Creates a queue that receives all events of the bus, and returns its address."""
    queues, events = session.client("sqs"), session.client("events")
    bus = resources.find(session.client("cloudformation"), stack.name, "EventBus")
    queue = queues.create_queue(QueueName=CONSUMER)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=CONSUMER, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": "holdfast."}]}))
    events.put_targets(Rule=CONSUMER, EventBusName=bus, Targets=[{"Id": CONSUMER, "Arn": arn}])
    return queue
