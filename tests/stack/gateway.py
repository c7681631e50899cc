"""What HTTP APIs read from their OpenAPI document on AWS, and the emulator from calls and properties of their own: routes, integrations and CORS.

`launcher.py` applies what is here. A document is taken as AWS takes it: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
DEFAULT_ROUTE = "$default"
API = "AWS::ApiGatewayV2::Api"
# The versions of OpenAPI that an HTTP API imports.
VERSIONS = "3.0."


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
