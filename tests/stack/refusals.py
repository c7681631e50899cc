"""What AWS refuses or changes on the way and the emulator takes as it is: generated secrets without a required type, names that another stack has,
and repeated request headers. A failed nested stack is rolled back, as AWS does, so that its names are free for the next attempt.

`launcher.py` applies what is here, after every other repair: the HTTP part loads the emulator's server, which takes its functions as they are then.
"""

import string

# The types of characters in a generated secret, with the property that leaves each out.
CHARACTER_TYPES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
# Secrets Manager's own words, as CloudFormation passes them on.
ALL_EXCLUDED = (
    'Resource handler returned message: "All characters of the desired type have been excluded. '
    '(Service: SecretsManager, Status Code: 400)" (HandlerErrorCode: InvalidRequest)'
)
# The property with a resource's explicit name, and the properties within which such names are unique.
NAMES = {
    "AWS::CloudWatch::Alarm": ("AlarmName", {}),
    "AWS::DynamoDB::Table": ("TableName", {}),
    "AWS::Events::Archive": ("ArchiveName", {}),
    "AWS::Events::Rule": ("Name", {"EventBusName": "default"}),
    "AWS::IAM::Role": ("RoleName", {}),
    "AWS::Lambda::Function": ("FunctionName", {}),
    "AWS::Logs::LogGroup": ("LogGroupName", {}),
    "AWS::Scheduler::Schedule": ("Name", {"GroupName": "default"}),
    "AWS::SecretsManager::Secret": ("Name", {}),
    "AWS::SNS::Topic": ("TopicName", {}),
    "AWS::SQS::Queue": ("QueueName", {}),
}
NESTED_STACK = "AWS::CloudFormation::Stack"
# How an HTTP API is addressed: by a path of the emulator's own, or by its host.
API_PATH, API_HOST = "/_aws/execute-api/", b".execute-api."


def apply():
    """Applies the repairs."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import provisioners

    refuse_impossible_secrets(provisioners)
    refuse_taken_names(provisioners, cloudformation._stacks)
    roll_back_nested_stacks(provisioners, cloudformation._stacks)
    join_repeated_headers()


def refuse_impossible_secrets(provisioners):
    """Refuses a generated secret that must have a character of a type of which every character is excluded."""
    resolve = provisioners._sm_secret_string

    def resolved(props):
        asked = props.get("GenerateSecretString")
        if asked and not props.get("SecretString") and not can_be_generated(asked):
            raise ValueError(ALL_EXCLUDED)
        return resolve(props)

    provisioners._sm_secret_string = resolved


def can_be_generated(asked):
    """Whether Secrets Manager finds the characters for this `GenerateSecretString`."""
    excluded = set(asked.get("ExcludeCharacters") or "")
    included = [kind for property_, kind in CHARACTER_TYPES.items() if not _is_true(asked.get(property_, False))]
    left = [bool(set(kind) - excluded) for kind in included]
    return all(left) and bool(left) if _is_true(asked.get("RequireEachIncludedType", True)) else any(left)


def _is_true(value):
    """A template's boolean, which may be text."""
    return str(value).lower() == "true"


def refuse_taken_names(provisioners, stacks):
    """Refuses an explicit name that belongs to a resource of another stack, for new resources and for renamed ones."""

    def guarded(kind, handler):
        create, update = handler["create"], handler.get("update")

        def create_unless_taken(logical_id, props, stack_name, *rest):
            _refuse_if_taken(stacks, kind, props, stack_name)
            return create(logical_id, props, stack_name, *rest)

        def update_unless_taken(physical_id, old, props, stack_name, *rest):
            _refuse_if_taken(stacks, kind, props, stack_name)
            return update(physical_id, old, props, stack_name, *rest)

        return {**handler, "create": create_unless_taken, **({"update": update_unless_taken} if update else {})}

    for kind in NAMES:
        provisioners._RESOURCE_HANDLERS[kind] = guarded(kind, provisioners._RESOURCE_HANDLERS[kind])


def _refuse_if_taken(stacks, kind, props, stack_name):
    """Raises CloudFormation's error when a resource of another stack has the name."""
    name = props.get(NAMES[kind][0])
    if not name:
        return
    wanted = _identity(kind, props)
    for owner, stack in stacks.items():
        if owner == stack_name or stack.get("StackStatus") == "DELETE_COMPLETE":
            continue
        for resource in list(stack.get("_resources", {}).values()):
            if resource.get("ResourceType") == kind and _identity(kind, resource.get("Properties") or {}) == wanted:
                raise ValueError(f"{name} already exists in stack {stack['StackId']}")


def _identity(kind, props):
    """A resource's explicit name with what it is unique within; an event bus is named by its name or by its ARN."""
    name, within = NAMES[kind]
    return (props.get(name), *(str(props.get(scope) or default).rpartition("/")[2] for scope, default in within.items()))


def roll_back_nested_stacks(provisioners, stacks):
    """Deletes what a nested stack had made when its creation fails. The emulator leaves it behind, where no stack would ever remove it."""
    handler = provisioners._RESOURCE_HANDLERS[NESTED_STACK]
    create = handler["create"]

    def create_or_roll_back(logical_id, props, stack_name):
        former = set(stacks)
        try:
            return create(logical_id, props, stack_name)
        except Exception:
            if not _keeps_failures(stacks, stack_name):
                for child in set(stacks) - former:
                    # Not another stack that began meanwhile.
                    if stacks[child].get("_parent_stack_name") == stack_name:
                        handler["delete"](child, props)
            raise

    provisioners._RESOURCE_HANDLERS[NESTED_STACK] = {**handler, "create": create_or_roll_back}


def _keeps_failures(stacks, name):
    """Whether the root of this stack was deployed without rollback."""
    while stacks.get(name, {}).get("_parent_stack_name"):
        name = stacks[name]["_parent_stack_name"]
    return bool(stacks.get(name, {}).get("DisableRollback"))


def join_repeated_headers():
    """Hands a header that a request repeats to an HTTP API as AWS does: its values joined by commas, without a space after them.

    Cookies stay as they are, for they have a rule of their own. The emulator has AWS's rule for bodies already: text of the types that AWS takes for
    text comes with U+FFFD in the place of bytes that are not UTF-8, all else in base64.
    """
    import ministack.app

    serve = ministack.app.app

    async def serve_joined(scope, receive, send):
        if scope["type"] == "http" and _is_for_api(scope):
            scope = {**scope, "headers": joined(scope["headers"])}
        await serve(scope, receive, send)

    ministack.app.app = serve_joined


def _is_for_api(scope):
    """Whether a request is for a deployed API."""
    return scope["path"].startswith(API_PATH) or any(name == b"host" and API_HOST in value for name, value in scope["headers"])


def joined(headers):
    """The headers of a request, each of them once."""
    values = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    pairs = []
    for name, each in values.items():
        pairs.extend((name, value) for value in (each if name == b"cookie" else [b",".join(each)]))
    return pairs
