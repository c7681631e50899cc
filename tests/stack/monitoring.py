"""CloudWatch for the emulator, as far as AWS has it and the emulator does not: its metrics of functions, of the API and of queues, the
metrics that functions write into their logs, metric math, missing data, and alarms that are looked at as time goes by.

The emulator keeps the points and answers the API; `launcher.py` applies what is here. An alarm is evaluated every second over windows that end
now, where AWS does so every minute over whole minutes: it is raised for the same reason and somewhat sooner.
"""

import ast
import contextvars
import json
import queue
import re
import threading
import time

TICK_SECONDS = 1.0
# How many ticks lie between two looks at the queues; AWS looks once a minute.
TICKS_BETWEEN_QUEUES = 3
# Deliveries after which a message no longer counts as the oldest.
OFTEN = 3
# Lines of a function's log come that much late at most.
DISORDER_SECONDS = 60.0
# Every invocation ends with a line that has this (`platform::telemetry`), and is waited for so long.
LAST_LINE, LOG_SECONDS = '"cold_start"', 0.5
# What is older is forgotten: no alarm looks further back than a day.
KEPT_SECONDS = 26 * 3600

_evaluating = threading.Lock()


def watch():
    """Applies the repairs."""
    from ministack.core import lambda_runtime
    from ministack.services import apigateway, cloudwatch, lambda_svc
    from ministack.services.cloudformation import provisioners

    meter = Meter(cloudwatch)
    _collect_whole_logs(lambda_runtime)
    _measure_functions(lambda_svc, meter)
    _measure_api(apigateway, meter)
    _accept_metric_math(provisioners)
    _keep_in_order(cloudwatch)
    cloudwatch._evaluate_alarm = lambda alarm: _evaluate(cloudwatch, alarm)
    # The store is tidied up here, in place: the emulator replaces its lists at each request, and a point that came meanwhile is lost.
    cloudwatch._evict_old_metrics = lambda: None
    threading.Thread(target=_run, args=(cloudwatch, meter), daemon=True).start()


class Meter:
    """Measurements on their way into the emulator's store: one statistic set for each metric and second."""

    def __init__(self, cloudwatch):
        self._cloudwatch, self._lock, self._sets = cloudwatch, threading.Lock(), {}

    def note(self, namespace, name, value, unit, dimensions, at=None):
        """Measures `value` for the account and region of the caller."""
        from ministack.core.responses import get_account_id, get_region

        second = int(at if at is not None else time.time())
        key = (get_account_id(), get_region(), namespace, name, tuple(sorted(dimensions.items())), unit, second)
        with self._lock:
            count, total, low, high = self._sets.get(key, (0, 0.0, value, value))
            self._sets[key] = (count + 1, total + value, min(low, value), max(high, value))

    def flush(self):
        """Stores what was measured."""
        with self._lock:
            sets, self._sets = self._sets, {}
        store = self._cloudwatch._metrics._data
        for (account, region, namespace, name, dimensions, unit, second), found in sets.items():
            count, total, low, high = found
            key = (account, region, (namespace, name, self._cloudwatch._dims_key(dict(dimensions))))
            point = {"Timestamp": float(second), "Value": total / count, "Unit": unit, "Dimensions": dict(dimensions)}
            point["_stat"] = {"SampleCount": count, "Sum": total, "Minimum": low, "Maximum": high}
            store.setdefault(key, []).append(point)

    def forget(self):
        """Drops what no alarm looks at any more."""
        horizon = time.time() - KEPT_SECONDS
        for points in list(self._cloudwatch._metrics._data.values()):
            old = next((index for index, point in enumerate(points) if point["Timestamp"] >= horizon), len(points))
            del points[:old]


def _collect_whole_logs(lambda_runtime):
    """Waits for the line with which an invocation ends. The emulator takes five quiet milliseconds for the end; on a busy machine the remaining lines would go to
    the next invocation, and the last ones to none.
    """

    def drain(self, first_line_wait=0.0, idle_confirm=0.0, hard_cap=LOG_SECONDS):
        lines, end = [], time.monotonic() + max(hard_cap, first_line_wait)
        while time.monotonic() < end:
            try:
                lines.append(self._stderr_queue.get(timeout=max(0.001, end - time.monotonic())))
            except queue.Empty:
                break
            if LAST_LINE in lines[-1]:
                break
        return "\n".join([*lines, *filter(None, [self._drain_stderr()])])

    lambda_runtime.Worker._drain_stderr_bounded = drain


def _keep_in_order(cloudwatch):
    """Sorts points that are put with a time of their own in among the others: looking back ends at the first that is too old."""
    store = cloudwatch._store_datum

    def sorted_in(namespace, name, dimensions, *args):
        store(namespace, name, dimensions, *args)
        cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions))).sort(key=lambda point: point["Timestamp"])

    cloudwatch._store_datum = sorted_in


def _measure_functions(lambda_svc, meter):
    """`AWS/Lambda` by function and over all, and the metrics in what functions print (embedded metric format)."""
    dispatch = lambda_svc._execute_function_dispatch

    def measured(func, config, event, request_id, started):
        result = dispatch(func, config, event, request_id, started)
        outcome = result if isinstance(result, dict) else {}
        spent = (time.time() - started) * 1000.0
        values = [("Invocations", 1, "Count"), ("Errors", int(bool(outcome.get("error"))), "Count")]
        values += [("Throttles", 0, "Count"), ("Duration", spent, "Milliseconds")]
        values += _iterator_age(event)
        _note_function(meter, config.get("FunctionName", "unknown"), values)
        for line in (outcome.get("log") or "").splitlines():
            _extract(meter, line)
        return result

    def throttled(function_name, duration_ms, error, throttle):
        # All others are measured above, those of queues and streams too, which the emulator leaves out.
        if throttle:
            _note_function(meter, function_name, [("Throttles", 1, "Count")])

    lambda_svc._execute_function_dispatch, lambda_svc._emit_lambda_metrics = measured, throttled


def _note_function(meter, name, values):
    for metric, value, unit in values:
        for dimensions in ({"FunctionName": name}, {}):
            meter.note("AWS/Lambda", metric, value, unit, dimensions)


def _iterator_age(event):
    """How old the last record of a batch is that a stream handed over."""
    records = event.get("Records") if isinstance(event, dict) else None
    last = records[-1] if isinstance(records, list) and records else None
    if not isinstance(last, dict) or ":dynamodb:" not in last.get("eventSourceARN", ""):
        return []
    created = (last.get("dynamodb") or {}).get("ApproximateCreationDateTime")
    return [("IteratorAge", max(0.0, (time.time() - created) * 1000.0), "Milliseconds")] if created else []


def _extract(meter, line):
    """The metrics of a log line, where it declares some."""
    if '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        at = document["_aws"]["Timestamp"] / 1000
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: document[name] for name in names}
                for metric in directive["Metrics"]:
                    values = document[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        meter.note(directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions, at)
    except (KeyError, TypeError, ValueError):
        # CloudWatch passes over what it can't read as well.
        return


def _measure_api(apigateway, meter):
    """`AWS/ApiGateway` of an HTTP API."""
    execute = apigateway.handle_execute

    async def measured(api_id, *args, **kwargs):
        began = time.time()
        answer = await execute(api_id, *args, **kwargs)
        scope = apigateway.find_api_scope(api_id)
        if scope is not None:
            values = [("Count", 1, "Count"), ("Latency", (time.time() - began) * 1000.0, "Milliseconds")]
            values += [(f"{kind}xx", int(answer[0] // 100 == kind), "Count") for kind in (4, 5)]
            for metric, value, unit in values:
                inside(scope, meter.note, "AWS/ApiGateway", metric, value, unit, {"ApiId": api_id})
        return answer

    apigateway.handle_execute = measured


def _measure_queues(meter, seen):
    """How many messages wait in each queue, and how old the oldest is that is not deleted. A queue that stays empty says nothing, as on AWS after some
    hours. One that was received often counts no more: SQS puts it to the back (SQS developer guide, "Available CloudWatch metrics for Amazon SQS").
    """
    from ministack.services import sqs

    now = time.time()
    for (account, region, url), held in list(sqs._queues._data.items()):
        messages = list(held["messages"])
        waiting = sum(1 for message in messages if message["visible_at"] <= now)
        ages = [now - message["sent_at"] for message in messages if message.get("receive_count", 0) < OFTEN]
        if messages or seen.get((account, region, url)):
            dimensions = {"QueueName": url.rsplit("/", 1)[-1]}
            for metric, value, unit in (
                ("ApproximateNumberOfMessagesVisible", waiting, "Count"),
                ("ApproximateAgeOfOldestMessage", max(ages, default=0.0), "Seconds"),
            ):
                inside((account, region), meter.note, "AWS/SQS", metric, value, unit, dimensions)
        seen[account, region, url] = len(messages)


def _run(cloudwatch, meter):
    seen, ticks = {}, 0
    while True:
        time.sleep(TICK_SECONDS)
        try:
            if ticks % TICKS_BETWEEN_QUEUES == 0:
                _measure_queues(meter, seen)
            meter.flush()
            for scope in {key[:2] for key in list(cloudwatch._alarms._data)}:
                inside(scope, cloudwatch._evaluate_all_alarms)
            if ticks % 600 == 0:
                meter.forget()
        except Exception:
            cloudwatch.logger.exception("the alarms could not be looked at")
        ticks += 1


def inside(scope, work, *args):
    """Does `work` for an account and a region."""
    from ministack.core import responses

    def enter():
        responses._request_account_id.set(scope[0])
        responses._request_region.set(scope[1])
        return work(*args)

    return contextvars.copy_context().run(enter)


def _accept_metric_math(provisioners):
    """Lets a template's alarm name several metrics and what to make of them."""
    record = provisioners._cw_metric_alarm_record

    def with_math(name, props):
        queries = props.get("Metrics")
        if not queries:
            return record(name, props)
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = record(name, {**plain, "MetricName": "-", "Namespace": "-"})
        for key in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
            alarm.pop(key)
        return {**alarm, "Metrics": queries}

    provisioners._cw_metric_alarm_record = with_math


def _evaluate(cloudwatch, alarm):
    """Brings an alarm into the state that its data say (CloudWatch user guide, "Evaluating an alarm" and "missing data")."""
    with _evaluating:
        values = [_value(cloudwatch, alarm, index) for index in range(int(alarm.get("EvaluationPeriods", 1)))]
        state = _state(alarm, values)
        former = alarm["StateValue"]
        if state is None or state == former:
            return
        reason = f"Threshold Crossed: {values} {alarm['ComparisonOperator']} {alarm['Threshold']}, newest first"
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm["AlarmName"], former, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, former, state, reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def _state(alarm, values):
    """The state for `values`, of which the missing ones are None; None for the state that it has."""
    missing = alarm.get("TreatMissingData") or "missing"
    if all(value is None for value in values):
        return {"breaching": "ALARM", "notBreaching": "OK", "ignore": None, "missing": "INSUFFICIENT_DATA"}[missing]
    threshold, compare = alarm["Threshold"], COMPARISONS[alarm["ComparisonOperator"]]
    breaching = [missing == "breaching" if value is None else compare(value, threshold) for value in values]
    return "ALARM" if sum(breaching) >= int(alarm.get("DatapointsToAlarm") or len(values)) else "OK"


COMPARISONS = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def _value(cloudwatch, alarm, index):
    """What an alarm looks at, in the period that ended `index` periods ago."""
    queries = alarm.get("Metrics")
    if not queries:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        key = (alarm["Namespace"], alarm["MetricName"], _dimensions(cloudwatch, alarm))
        return _statistic(cloudwatch, key, statistic, int(alarm["Period"]), index)
    values = {}
    for query in (query for query in queries if "MetricStat" in query):
        stat = query["MetricStat"]
        metric = stat["Metric"]
        key = (metric["Namespace"], metric["MetricName"], _dimensions(cloudwatch, metric))
        values[query["Id"]] = _statistic(cloudwatch, key, stat["Stat"], int(stat["Period"]), index)
    expression = next(query["Expression"] for query in queries if query.get("Expression"))
    return _compute(expression, values)


def _dimensions(cloudwatch, metric):
    return cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))


def _statistic(cloudwatch, key, statistic, period, index):
    end = time.time() - index * period
    points = []
    for point in reversed(cloudwatch._metrics.get(key) or []):
        if point["Timestamp"] <= end - period - DISORDER_SECONDS:
            break
        if end - period < point["Timestamp"] <= end:
            points.append(point)
    return cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if points else None


def _compute(expression, values):
    """Metric math, as much of it as the template has: arithmetic, comparisons, `IF`, `FILL`, and `MAX` or `SUM` of a list. A value that is missing
    makes the result missing."""
    tree = ast.parse(expression, mode="eval")
    allowed = (ast.Expression, ast.BinOp, ast.Compare, ast.Call, ast.Name, ast.Load, ast.Constant, ast.List, ast.operator, ast.cmpop)
    if not all(isinstance(node, allowed) for node in ast.walk(tree)):
        raise ValueError(f"metric math that is not known here: {expression}")
    functions = {
        "IF": lambda condition, then, otherwise: then if condition else otherwise,
        "FILL": lambda value, default: default if value is None else value,
        "MAX": max,
        "SUM": sum,
    }
    unknown = set(re.findall(r"[A-Za-z_]\w*", expression)) - functions.keys() - values.keys()
    if unknown:
        raise ValueError(f"not defined in {expression}: {unknown}")
    try:
        return eval(compile(tree, "expression", "eval"), {"__builtins__": {}}, {**functions, **values})
    except (TypeError, ZeroDivisionError):
        return None
