"""Point-in-time recovery as DynamoDB has it. The emulator knows its calls, but restores a table as it is now and reports no period to choose from.

Each change of an item is kept with the item before it, as long as there is room. A restore copies the table and takes back what changed since.
`launcher.py` applies what is here.
"""

import collections
import time

TABLE = "AWS::DynamoDB::Table"
# Changes that are kept, of all tables together. Beyond these the oldest go, and with them the earliest moment that can be restored.
MOST_CHANGES = 20_000
# What DynamoDB answers for a moment outside of the period.
INVALID_TIME = "InvalidRestoreTimeException"
UNAVAILABLE = "PointInTimeRecoveryUnavailableException"


class History:
    """The last changes of all tables, each with the item before it, and the time since when none is missing."""

    def __init__(self, most=MOST_CHANGES, clock=time.time):
        self.clock = clock
        self.since = clock()
        self.most = most
        self.changes = collections.deque()

    def note(self, arn, pk, sk, former):
        """Keeps a change of the item under this key."""
        self.changes.append((self.clock(), arn, pk, sk, former))
        if len(self.changes) > self.most:
            self.since = self.changes.popleft()[0]

    def undo(self, arn, moment, items):
        """Brings `items`, a copy of the table's, back to the beginning of `moment`, an epoch time."""
        for at, table, pk, sk, former in reversed(self.changes):
            if at < moment:
                return
            if table != arn:
                continue
            if former is None:
                items.get(pk, {}).pop(sk, None)
            else:
                items.setdefault(pk, {})[sk] = former


def restore_to_a_second():
    """Makes point-in-time recovery restore to the wanted second, within the period that it reports."""
    from ministack.services import cloudformation, dynamodb
    from ministack.services.cloudformation import provisioners

    history = History()
    keep_changes(dynamodb, history)
    report_the_period(dynamodb, history)
    restore_by_history(dynamodb, history)
    keep_declared_settings(dynamodb, provisioners)
    settle_kept_tables(dynamodb, cloudformation)


def keep_changes(dynamodb, history):
    """Notes each change of an item, expiry included, where the emulator makes it."""
    set_item, remove_item = dynamodb._set_item, dynamodb._remove_item

    def noted(table, pk, sk):
        # The emulator replaces items and never changes one in place.
        former = table["items"].get(pk, {}).get(sk)
        history.note(table["TableArn"], pk, sk, former)

    def set_noted(table, pk, sk, item):
        noted(table, pk, sk)
        return set_item(table, pk, sk, item)

    def remove_noted(table, pk, sk):
        noted(table, pk, sk)
        return remove_item(table, pk, sk)

    dynamodb._set_item, dynamodb._remove_item = set_noted, remove_noted


def report_the_period(dynamodb, history):
    """Reports the period that a table can be restored to. AWS ends it five minutes before now, the emulator with the last whole second."""
    update, describe = dynamodb._update_continuous_backups, dynamodb._describe_continuous_backups
    enabled = {}

    def update_noted(data):
        name = dynamodb._normalize_table_name(data.get("TableName"))
        former = dynamodb._pitr_settings.get(name)
        answer = update(data)
        if answer[0] == 200 and dynamodb._pitr_settings.get(name) and not former:
            enabled[dynamodb._tables[name]["TableArn"]] = history.clock()
        return answer

    def period(name):
        table = dynamodb._tables[name]
        began = max(history.since, table["CreationDateTime"], enabled.get(table["TableArn"], 0))
        return int(began) + 1, int(history.clock())

    def describe_with_period(data):
        status, headers, body = describe(data)
        name = dynamodb._normalize_table_name(data.get("TableName"))
        if status != 200 or not dynamodb._pitr_settings.get(name):
            return status, headers, body
        earliest, latest = period(name)
        recovery = {"PointInTimeRecoveryStatus": "ENABLED", "EarliestRestorableDateTime": earliest, "LatestRestorableDateTime": latest}
        described = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
        return dynamodb.json_response({"ContinuousBackupsDescription": described})

    dynamodb._update_continuous_backups, dynamodb._describe_continuous_backups = update_noted, describe_with_period
    history.period = period


def restore_by_history(dynamodb, history):
    """Restores a table to the wanted second; without one, as it is."""
    restore = dynamodb._restore_table_to_point_in_time

    def restored(data):
        moment, source = data.get("RestoreDateTime"), dynamodb._normalize_table_name(data.get("SourceTableName") or data.get("SourceTableArn") or "")
        if moment is None or source not in dynamodb._tables:
            return restore(data)
        if not dynamodb._pitr_settings.get(source):
            return dynamodb.error_response_json(UNAVAILABLE, f"Point in time recovery is not enabled for table '{source}'", 400)
        earliest, latest = history.period(source)
        if not earliest <= moment <= latest:
            return dynamodb.error_response_json(INVALID_TIME, f"The restore time is not between {earliest} and {latest}", 400)
        answer = restore({**data, "SourceTableName": source})
        if answer[0] == 200:
            target = dynamodb._tables[data["TargetTableName"]]
            history.undo(dynamodb._tables[source]["TableArn"], moment, target["items"])
            for pk in [pk for pk, kept in target["items"].items() if not kept]:
                del target["items"][pk]
            dynamodb._items_replaced(target)
        return answer

    dynamodb._restore_table_to_point_in_time = restored


def keep_declared_settings(dynamodb, provisioners):
    """Gives a table the recovery and the encryption that its template declares. The emulator's CloudFormation drops both.

    Expiry is left out on purpose: tests set items' times back and read them afterwards.
    """
    handler = provisioners._RESOURCE_HANDLERS[TABLE]
    create, update = handler["create"], handler["update"]

    def settled(made, props):
        recovers, encrypts = declared(props)
        if recovers != bool(dynamodb._pitr_settings.get(made[0])):
            dynamodb._update_continuous_backups({"TableName": made[0], "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovers}})
        if encrypts is not None:
            dynamodb._update_table({"TableName": made[0], "SSESpecification": {"Enabled": encrypts}})
        return made

    def updated(name, former, props, *rest):
        made = update(name, former, props, *rest)
        return made if made[0] == name and declared(former) == declared(props) else settled(made, props)

    provisioners._RESOURCE_HANDLERS[TABLE] = {
        **handler,
        "create": lambda logical_id, props, *rest: settled(create(logical_id, props, *rest), props),
        "update": updated,
    }


def declared(props):
    """Whether a table in a template recovers, and whether it is encrypted: nothing when it says neither."""
    encryption = props.get("SSESpecification")
    return _is_on(props.get("PointInTimeRecoverySpecification"), "PointInTimeRecoveryEnabled"), _is_on(encryption, "SSEEnabled") if encryption else None


def _is_on(specification, name):
    return str((specification or {}).get(name, False)).lower() == "true"


def settle_kept_tables(dynamodb, cloudformation):
    """Gives tables of a saved state what their template declares: an emulator that dropped it may have made them, and their stack does not change any more.

    What was set by a call of the API stays.
    """

    def settle():
        for (account, region, _), stack in cloudformation._stacks.all_items():
            for resource in stack.get("_resources", {}).values():
                name = resource.get("PhysicalResourceId")
                table = resource.get("ResourceType") == TABLE and dynamodb._tables.get_scoped(account, region, name)
                if not table:
                    continue
                recovers, encrypts = declared(resource.get("Properties") or {})
                if dynamodb._pitr_settings.get_scoped(account, region, name) is None:
                    dynamodb._pitr_settings.set_scoped(account, region, name, recovers)
                if table.get("SSEDescription") is None and encrypts is not None:
                    table["SSEDescription"] = dynamodb._sse_description_from_spec({"Enabled": encrypts})

    def then_settle(load):
        def loaded(data):
            load(data)
            settle()

        return loaded

    # Either may be the later one.
    for service in (dynamodb, cloudformation):
        service.load_persisted_state = then_settle(service.load_persisted_state)
