"""What HTTP APIs do on AWS and not on the emulator: they read routes, integrations and CORS from their OpenAPI document, and write an access log.

`launcher.py` applies what is here. A document is taken as AWS takes it: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

import re
import time
from email.utils import formatdate

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
DEFAULT_ROUTE = "$default"
API, STAGE = "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"
# The versions of OpenAPI that an HTTP API imports.
VERSIONS = "3.0."
# A variable of an access log's format, and what stands for one without a value.
VARIABLE, NO_VALUE = re.compile(r"\$context\.([A-Za-z.]+)"), "-"


def read_documents():
    """Gives each HTTP API the routes, integrations and CORS configuration of its document."""
    from ministack.services import apigateway
    from ministack.services.cloudformation import provisioners

    handler = provisioners._RESOURCE_HANDLERS[API]
    create, update, properties_of = handler["create"], handler["update"], provisioners._apigw_v2_api_props

    def properties(props, *args, **kwargs):
        document = props.get("Body") or {}
        if document.get(CORS):
            # Both callers look for it in what they were given.
            props["CorsConfiguration"] = document[CORS]
        title = document.get("info", {}).get("title")
        return properties_of({**props, "Name": title} if title else props, *args, **kwargs)

    def imported(made, props):
        if props.get("Body"):
            _apply(apigateway, made[0], dict(routes(props["Body"])))
        return made

    provisioners._apigw_v2_api_props = properties
    provisioners._RESOURCE_HANDLERS[API] = {
        **handler,
        "create": lambda logical_id, props, *rest: imported(create(logical_id, props, *rest), props),
        "update": lambda api, old, props, *rest: imported(update(api, old, props, *rest), props),
    }


def routes(document):
    """Yields each route key of a document with its integration; raises what AWS refuses a document for."""
    if not str(document.get("openapi", "")).startswith(VERSIONS):
        raise ValueError(f"Unsupported OpenAPI version: {document.get('openapi')!r}")
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method not in METHODS and method != ANY_METHOD:
                continue
            verb = "ANY" if method == ANY_METHOD else method.upper()
            key = DEFAULT_ROUTE if path in (DEFAULT_ROUTE, f"/{DEFAULT_ROUTE}") else f"{verb} {path}"
            yield key, _resolved(document, key, operation.get(INTEGRATION))


def _resolved(document, key, integration):
    """The integration of a route, looked up where it is a reference to one that the document names."""
    found = integration
    if isinstance(integration, dict) and "$ref" in integration:
        found = document
        for part in integration["$ref"].removeprefix("#/").split("/"):
            found = found.get(part, {}) if isinstance(found, dict) else {}
    if not found or not found.get("uri"):
        raise ValueError(f"No integration is defined for route {key}: {integration}")
    return found


def _apply(apigateway, api, wanted):
    """Adds, changes and removes routes until they are those in `wanted`: route key to integration."""
    made = apigateway._integrations.setdefault(api, {})
    known = {each["integrationUri"]: each for each in made.values()}
    for integration in wanted.values():
        if integration["uri"] not in known:
            apigateway._create_integration(api, {"integrationUri": integration["uri"]})
            known[integration["uri"]] = list(made.values())[-1]
        known[integration["uri"]].update(
            integrationType=integration["type"].upper(),
            payloadFormatVersion=integration.get("payloadFormatVersion", "1.0"),
            credentialsArn=integration.get("credentials", ""),
        )
    present = {route["routeKey"]: route for route in apigateway._routes.setdefault(api, {}).values()}
    for key, integration in wanted.items():
        target = f"integrations/{known[integration['uri']]['integrationId']}"
        if key in present:
            present[key]["target"] = target
        else:
            apigateway._create_route(api, {"routeKey": key, "target": target})
    for key in set(present) - set(wanted):
        apigateway._delete_route(api, present[key]["routeId"])
    for uri in set(known) - {integration["uri"] for integration in wanted.values()}:
        apigateway._delete_integration(api, known[uri]["integrationId"])


def throttle_routes():
    """Has each route's requests take tokens from a bucket, as `RouteSettings` of its stage say; refuses settings of a route that is not there.

    The rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
    """
    from ministack.services import apigateway
    from ministack.services.cloudformation import provisioners

    execute, buckets, handler = apigateway.handle_execute, {}, provisioners._RESOURCE_HANDLERS[STAGE]
    create, update = handler["create"], handler["update"]

    def known(props):
        there = {route["routeKey"] for route in apigateway._routes.get(props.get("ApiId", ""), {}).values()}
        for key in props.get("RouteSettings") or {}:
            if key not in there:
                raise ValueError(f"Unable to find Route by key {key} within the provided RouteSettings")
        return props

    async def throttled(api, stage, path, method, *args, **kwargs):
        scope = apigateway.find_api_scope(api)
        settings = _settings(apigateway, scope, api, stage, method, path) if scope is not None else None
        if settings and not buckets.setdefault((api, settings[0]), Bucket()).take(*settings[1:], time.monotonic()):
            return 429, {"Content-Type": "application/json"}, b'{"message":"Too Many Requests"}'
        return await execute(api, stage, path, method, *args, **kwargs)

    apigateway.handle_execute = throttled
    provisioners._RESOURCE_HANDLERS[STAGE] = {
        **handler,
        "create": lambda logical_id, props, *rest: create(logical_id, known(props), *rest),
        "update": lambda stage, old, props, *rest: update(stage, old, known(props), *rest),
    }


def keep_slashes():
    """Keeps the slashes at the end of a path of one segment, which the emulator takes for the name of a stage with nothing behind it."""
    from ministack import app

    parse = app._parse_execute_api_url

    def parsed(host, path):
        found = parse(host, path)
        if found and found[1] != "$default" and not found[2].strip("/") and path.endswith("/"):
            # What follows the stage is put behind its name again when no stage is called so.
            return found[0], found[1] + found[2], "/"
        return found

    app._parse_execute_api_url = parsed


class Bucket:
    """Tokens for requests: as many as the burst at first, then so many a second."""

    def __init__(self):
        self.tokens = self.at = None

    def take(self, burst, rate, now):
        """Takes a token at a time in seconds, if one is left."""
        gained = burst if self.at is None else (now - self.at) * rate
        self.tokens, self.at = min(burst, (self.tokens or 0) + gained), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def _settings(apigateway, scope, api, stage, method, path):
    """The route key, burst and rate of a request whose route has settings of its own."""
    import monitoring

    def find():
        stages = apigateway._stages.get(api, {})
        settings = (stages.get(stage) or stages.get("$default") or {}).get("routeSettings") or {}
        key = (apigateway._match_route(api, method, "/" + path.lstrip("/")) or {}).get("routeKey")
        found = settings.get(key)
        return (key, float(found["ThrottlingBurstLimit"]), float(found["ThrottlingRateLimit"])) if found else None

    return monitoring.inside(scope, find)


def keep_access_logs():
    """Writes a line for each request into the log group that the stage's `AccessLogSettings` name."""
    import monitoring
    from ministack.services import apigateway, cloudwatch_logs

    execute = apigateway.handle_execute

    async def logged(api, stage, path, method, headers, *args, **kwargs):
        began = time.time()
        answer = await execute(api, stage, path, method, headers, *args, **kwargs)
        scope = apigateway.find_api_scope(api)
        if scope is not None:
            spent = int((time.time() - began) * 1000)
            variables = _variables(answer, method, headers, spent)
            monitoring.inside(scope, _log, apigateway, cloudwatch_logs, (api, stage), (method, path), variables)
        return answer

    apigateway.handle_execute = logged


def _variables(answer, method, headers, spent):
    """The variables of a request, as far as they are known here."""
    status, reply, body = answer
    given = {name.lower(): value for name, value in reply.items()}
    sources = {name.lower(): value for name, value in headers.items()}.get("x-forwarded-for", "127.0.0.1")
    return {
        "requestId": given.get("x-request-id", NO_VALUE),
        "requestTime": formatdate(usegmt=True),
        "identity.sourceIp": sources.split(",")[0].strip(),
        "httpMethod": method,
        "protocol": "HTTP/1.1",
        "status": str(status),
        "responseLength": str(len(body or b"")),
        "responseLatency": str(spent),
    }


def _log(apigateway, logs, stage, asked, variables):
    stages = apigateway._stages.get(stage[0], {})
    settings = (stages.get(stage[1]) or stages.get("$default") or {}).get("accessLogSettings") or {}
    group = settings.get("destinationArn", "").partition(":log-group:")[2].removesuffix(":*")
    if group not in logs._log_groups:
        return
    # The emulator selects a route of a path with extra slashes as AWS does.
    route = apigateway._match_route(stage[0], asked[0], "/" + asked[1].lstrip("/")) or {}
    variables["routeKey"] = route.get("routeKey", NO_VALUE)
    line = VARIABLE.sub(lambda found: variables.get(found.group(1), NO_VALUE), settings.get("format", ""))
    stream = time.strftime("%Y/%m/%d", time.gmtime())
    if stream not in logs._log_groups[group]["streams"]:
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    event = {"timestamp": int(time.time() * 1000), "message": line}
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [event]})
