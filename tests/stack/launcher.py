"""Starts the emulator inside the `stack` environment with the patches that docs/emulator.md lists: those below, and those of the modules beside this one.

Run as a script with the emulator's environment variables set. See `emulator.py`.
"""

import copy
import json
import os
import queue
import runpy
import signal
import socketserver
import string
import sys
import threading
import time
import types
from pathlib import Path

# Set by `make test`: the emulator ends itself when the process that started it is gone, however that went.
FOLLOW_PARENT = "HOLDFAST_FOLLOW_PARENT"
PARENT_POLL_SECONDS = 1.0
# Holds `holdfast.saved_state`, which this environment has not installed. It needs the standard library alone.
TOOLS = Path(__file__).resolve().parents[2] / "tools"
# How long an idle function's threads sleep before they look whether they are to stop. Work wakes them at once.
IDLE_SECONDS = 1.0


def answer_at_once():
    """The Runtime API writes headers and body as two segments; Nagle's algorithm would add 40 ms to each invocation."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def let_idle_functions_sleep():
    """Each warm function has two threads that wake ten times a second to see whether they are to stop. Those of two hundred
    functions keep the interpreter busy with nothing else, and everything waits for it.
    """
    from ministack.core import lambda_runtime

    class Queue(queue.Queue):
        def get(self, block=True, timeout=None):
            # The one that hands a function its next event; the others are for lines of its log.
            patient = timeout is not None and self.maxsize == 1
            return super().get(block, max(timeout, IDLE_SECONDS) if patient else timeout)

    lambda_runtime.queue = types.SimpleNamespace(**{**vars(queue), "Queue": Queue})
    serve = socketserver.BaseServer.serve_forever
    socketserver.BaseServer.serve_forever = lambda server, poll_interval=IDLE_SECONDS: serve(server, max(poll_interval, IDLE_SECONDS))


def follow_parent():
    """Asks this process to stop as soon as it has been given to another parent."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def keep_streams():
    """Saves the records of DynamoDB streams along with the positions of their readers.

    The emulator keeps the positions alone: after a restart a reader would skip as many new records as it had read
    before, and the records that were not read yet would be gone.
    """
    from ministack.services import dynamodb, lambda_svc

    state_of, restore, poll = dynamodb.get_state, dynamodb.load_persisted_state, lambda_svc._poll_dynamodb_streams
    streams = {"stream_records": dynamodb._stream_records, "stream_trimmed": dynamodb._stream_trimmed}
    checked = set()

    def state():
        return {**state_of(), **{name: copy.deepcopy(kept) for name, kept in streams.items()}}

    def restored(data):
        # Before the tables: as soon as a table is there, its stream is read.
        for name, kept in streams.items():
            kept.update((data or {}).get(name, {}))
        restore(data)

    def poll_from_inside():
        _bring_positions_inside(dynamodb, lambda_svc, checked)
        return poll()

    dynamodb.get_state, dynamodb.load_persisted_state = state, restored
    lambda_svc._poll_dynamodb_streams = poll_from_inside


def _bring_positions_inside(dynamodb, lambda_svc, checked):
    """Brings each saved position, once, back to its stream's end: saved while records came, it may lie beyond."""
    positions = lambda_svc._dynamodb_stream_positions._data
    for account, region, source in lambda_svc._iter_all_esms():
        reader = (account, region, source["UUID"])
        _, found, table = source.get("EventSourceArn", "").partition(":table/")
        table = table.partition("/")[0]
        if reader in checked or not found or not dynamodb._tables.get_scoped(account, region, table):
            continue
        checked.add(reader)
        if reader in positions:
            end = dynamodb.stream_end_position(table, account_id=account, region=region)
            positions[reader] = min(positions[reader], end)


def retry_reported_records():
    """Makes a DynamoDB stream source heed `batchItemFailures` and `MaximumRetryAttempts`, as AWS does.

    The emulator takes a batch with reported failures for done, which would lose events, and repeats a batch
    that raised an error for ever. Here a batch with any failure comes again as a whole, and when
    its attempts are used up it goes to the on-failure destination. (AWS resumes at the first failure; at least
    once holds for both.)
    """
    from ministack.services import lambda_svc

    polling = threading.local()
    attempts = {}
    poll, execute = lambda_svc._poll_dynamodb_streams, lambda_svc._execute_function

    def poll_marked():
        polling.streams = True
        try:
            return poll()
        finally:
            polling.streams = False

    def execute_checked(function, event, *args, **kwargs):
        result = execute(function, event, *args, **kwargs)
        if not getattr(polling, "streams", False):
            return result
        return _judged(lambda_svc, attempts, function, event["Records"], result)

    lambda_svc._poll_dynamodb_streams = poll_marked
    lambda_svc._execute_function = execute_checked


def _judged(lambda_svc, attempts, function, records, result):
    """The outcome of one stream batch: `result`, an error in its place, or a success once attempts are used up."""
    stream = records[0].get("eventSourceARN", "")
    arn = (function.get("config") or function).get("FunctionArn", "")
    batch = (arn, records[0]["dynamodb"]["SequenceNumber"])
    body = result.get("body")
    reported = isinstance(body, dict) and body.get("batchItemFailures")
    if not result.get("error") and not reported:
        attempts.pop(batch, None)
        return result
    attempts[batch] = attempts.get(batch, 0) + 1
    source = next(
        (
            esm
            for _, _, esm in lambda_svc._iter_all_esms()
            if esm.get("EventSourceArn") == stream and esm.get("FunctionArn") == arn
        ),
        None,
    )
    allowed = -1 if source is None else int(source.get("MaximumRetryAttempts", -1))
    if source is not None and 0 <= allowed < attempts[batch]:
        attempts.pop(batch, None)
        lambda_svc._send_ddb_stream_failure_record(source, function, records, stream, result, "RetryAttemptsExhausted")
        return {"body": {"batchItemFailures": []}, "log": result.get("log", "")}
    if result.get("error"):
        return result
    failed = {"errorType": "BatchItemFailures", "errorMessage": f"{len(reported)} of {len(records)} records"}
    return {"body": failed, "error": True, "log": result.get("log", "")}


def authorize_as_aws_does():
    """Names an action or a resource in IAM checks as AWS names it, where the emulator has a name of its own.

    AWS covers SQS's batch calls by the action of the single call, and knows an event bus that is described by the bus's
    own ARN.
    """
    from ministack.core import iam_actions

    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(service, *args, **kwargs):
        found = action_of(service, *args, **kwargs)
        return found.removesuffix("Batch") if service == "sqs" and found else found

    def resource(service, method, path, headers, *args, **kwargs):
        found = resource_of(service, method, path, headers, *args, **kwargs)
        if service == "events" and headers.get("x-amz-target", "").endswith(".DescribeEventBus"):
            return found.replace(":rule/default/", ":event-bus/")
        return found

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action, resource


def generate_secrets_as_asked():
    """CloudFormation leaves punctuation out of a generated secret where `ExcludePunctuation` says so. Without that, one stack in a hundred
    has a cart key that begins like a list, and a function that can't read it.
    """
    from ministack.services.cloudformation import provisioners

    resolve = provisioners._sm_secret_string

    def resolved(props):
        asked = props.get("GenerateSecretString") or {}
        if str(asked.get("ExcludePunctuation", False)).lower() == "true":
            excluded = asked.get("ExcludeCharacters", "") + string.punctuation
            props = {**props, "GenerateSecretString": {**asked, "ExcludeCharacters": excluded}}
        return resolve(props)

    provisioners._sm_secret_string = resolved


def make_declared_archives():
    """CloudFormation makes an event bus's archive, which the emulator knows by its API alone."""
    from ministack.services import eventbridge
    from ministack.services.cloudformation import provisioners

    def asked(name, props):
        pattern = props.get("EventPattern")
        return {
            "ArchiveName": name,
            "EventSourceArn": props["SourceArn"],
            "RetentionDays": int(props.get("RetentionDays", 0)),
            "Description": props.get("Description", ""),
            **({"EventPattern": json.dumps(pattern)} if pattern else {}),
        }

    def done(answer, name):
        if answer[0] >= 400:
            raise ValueError(f"AWS::Events::Archive failed: {answer[2]!r}")
        return name, {"Arn": eventbridge._archives[name]["ArchiveArn"], "ArchiveName": name}

    def create(logical_id, props, stack):
        name = props.get("ArchiveName") or provisioners._physical_name(stack, logical_id, max_len=48)
        return done(eventbridge._create_archive(asked(name, props)), name)

    def update(name, _old, props, _stack):
        return done(eventbridge._update_archive(asked(name, props)), name)

    def delete(name, _props):
        eventbridge._archives.pop(name, None)

    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create, "update": update, "delete": delete}


def replay_to_chosen_rules():
    """Sends a replay to the rules that it names, and to no others."""
    from ministack.services import eventbridge

    invoke = eventbridge._invoke_target

    def invoke_if_chosen(target, event, rule, view=None):
        replay = eventbridge._replays.get(event.get("ReplayName") or "") or {}
        chosen = replay.get("Destination", {}).get("FilterArns")
        if not chosen or rule.get("Arn") in chosen:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_if_chosen


def keep_failed_jobs():
    """A schedule calls its function asynchronously: a call that fails comes again twice, and goes to the function's dead-letter queue
    then. The emulator calls it once and forgets, and CloudFormation there forgets the queue.
    """
    from ministack.services import eventbridge, lambda_svc
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def noted(props, made):
        config = lambda_svc._functions[made[0]]["config"]
        config.pop("DeadLetterConfig", None)
        if props.get("DeadLetterConfig"):
            config["DeadLetterConfig"] = props["DeadLetterConfig"]
        return made

    def dispatch(arn, payload):
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if function and config:
            record = lambda_svc._execution_record_for_config(function, config)
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    handlers["create"] = lambda logical_id, props, *rest: noted(props, create(logical_id, props, *rest))
    handlers["update"] = lambda name, old, props, *rest: noted(props, update(name, old, props, *rest))
    eventbridge._dispatch_to_lambda = dispatch


def transform_nested_stacks():
    """CloudFormation applies the transforms of a nested stack's template, as of any, and hands SAM the values of its parameters. The emulator applies those
    of the root alone, and hands SAM no values.
    """
    from ministack.services.cloudformation import engine, provisioners
    from samtranslator.translator import transform as module

    # The parameters of the nested stack that is deployed, until its template was read.
    waiting = threading.local()
    kind = "AWS::CloudFormation::Stack"
    handler, parse, transform = provisioners._RESOURCE_HANDLERS[kind], engine._parse_template, module.transform

    def parsed(body):
        template, waiting.values = parse(body), getattr(waiting, "given", None)
        waiting.given = None
        return template if waiting.values is None else engine._apply_transforms(template)

    def transformed(template, _values, *args, **kwargs):
        given = getattr(waiting, "values", None) or {}
        parameters = template.get("Parameters", {})
        # With a default at hand SAM would write it where a parameter without a value is referred to.
        bare = {name: {key: value for key, value in each.items() if key != "Default"} for name, each in parameters.items()}
        return {**transform({**template, "Parameters": bare}, dict(given), *args, **kwargs), "Parameters": parameters}

    def nested(deploy):
        # A created stack's properties are the second argument, an updated one's the third.
        def deployed(*args):
            waiting.given = dict(next(each for each in reversed(args) if isinstance(each, dict)).get("Parameters") or {})
            return deploy(*args)

        return deployed

    module.transform, engine._parse_template = transformed, parsed
    provisioners._RESOURCE_HANDLERS[kind] = {**handler, "create": nested(handler["create"]), "update": nested(handler["update"])}


def main():
    """Applies the repairs and becomes the emulator."""
    # Beside this script, which is how Python finds them: the emulator's environment has no package of ours.
    sys.path.append(str(TOOLS))
    import calls
    import economy
    import gateway
    import monitoring
    import nemesis
    import recovery
    import refusals
    import saving
    import unpacked
    import updates

    if nemesis.wanted():
        # Before the repairs: what it makes of a delivery is judged as any outcome.
        nemesis.apply()
    answer_at_once()
    let_idle_functions_sleep()
    keep_streams()
    retry_reported_records()
    authorize_as_aws_does()
    calls.record()
    generate_secrets_as_asked()
    make_declared_archives()
    replay_to_chosen_rules()
    keep_failed_jobs()
    gateway.read_documents()
    gateway.throttle_routes()
    gateway.keep_access_logs()
    transform_nested_stacks()
    monitoring.watch()
    recovery.restore_to_a_second()
    updates.keep_attributes()
    economy.apply()
    saving.apply()
    unpacked.apply()
    # Last, since they load the server with all that was repaired before.
    gateway.keep_slashes()
    refusals.apply()
    if os.environ.get(FOLLOW_PARENT):
        follow_parent()
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main()
