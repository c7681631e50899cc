//! `GET /openapi.json`, `GET /docs` and `GET /docs/{asset}`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{Answer, document, get, invoke, setting};

#[tokio::test]
async fn the_document_is_that_of_the_checkout_for_this_address() {
    let answer = Answer::to(get("/openapi.json")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let served = answer.expect(200);
    let mut expected = document().root().value.clone();
    assert_eq!(served["servers"][0]["url"], setting("API_URL"));
    assert_eq!(
        served["components"]["securitySchemes"]["oauth"]["flows"]["password"]["tokenUrl"],
        format!("{}/token", setting("API_URL"))
    );
    for member in ["info", "tags", "paths"] {
        assert_eq!(served[member], expected[member], "{member}");
    }
    expected["components"]["securitySchemes"] = served["components"]["securitySchemes"].clone();
    assert_eq!(served["components"], expected["components"]);
}

/// Without `PUBLIC_BASE_URL` the server is the host that the gateway knows; with it, the configured one, regardless of the requested host.
#[tokio::test]
async fn the_server_is_not_taken_from_what_a_caller_writes() {
    let sample = std::fs::read_to_string("../events/get-api-document.json").unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["headers"]["host"] = json!("evil.example");
    event["headers"]["x-forwarded-host"] = json!("evil.example");
    let answer = invoke("GetApiDocument", &event).await.unwrap();
    let body = answer["body"].as_str().unwrap();
    assert!(!body.contains("evil.example"));
    assert!(body.contains(&format!("\"url\":\"{}\"", setting("API_URL"))), "{}", &body[body.len() - 200..]);
}

/// `ask` is answered with an entity tag, and 304 to who names it.
async fn is_not_sent_again(ask: impl Fn() -> RequestBuilder) {
    let first = Answer::to(ask()).await;
    assert_eq!(first.status, 200);
    let etag = first.header("etag").to_owned();
    let again = Answer::to(ask().header("if-none-match", &etag)).await;
    assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", etag.as_str()));
    let other = Answer::to(ask().header("if-none-match", "\"other\"")).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn nothing_is_sent_to_who_has_it() {
    for path in
        ["/openapi.json", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/docs/favicon-32x32.png"]
    {
        is_not_sent_again(|| get(path)).await;
    }
    is_not_sent_again(|| get("/docs/swagger-ui.css").header("accept-encoding", "gzip")).await;
}

#[tokio::test]
async fn the_page_may_load_from_here_alone() {
    let answer = Answer::to(get("/docs")).await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy").to_owned();
    for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|given| given == rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    // Everything that it names is there.
    let links = regex::Regex::new("(?:src|href)=\"(docs/[^\"]+)\"").unwrap();
    let named: Vec<_> = links.captures_iter(&answer.text).map(|found| found[1].to_owned()).collect();
    assert_eq!(named.len(), 5, "{named:?}");
    for name in named {
        assert_eq!(Answer::to(get(&format!("/{name}"))).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn files_of_the_page_have_their_types_and_survive_the_gateway() {
    let bytes = |path: &'static str, encoding: &'static str| async move {
        let answer = get(path).header("accept-encoding", encoding).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (kind, coding) = (header("content-type").unwrap(), header("content-encoding"));
        assert_eq!(header("cache-control").unwrap(), "public, max-age=86400");
        assert_eq!(header("vary").unwrap().to_lowercase(), "accept-encoding");
        (kind, coding, answer.bytes().await.unwrap())
    };
    let (kind, coding, picture) = bytes("/docs/favicon-32x32.png", "gzip").await;
    assert_eq!((kind.as_str(), coding), ("image/png", None));
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.ends_with(b"IEND\xaeB`\x82"), "{picture:?}");
    let (kind, coding, script) = bytes("/docs/swagger-ui-bundle.js", "identity").await;
    assert_eq!((kind.as_str(), coding), ("text/javascript; charset=utf-8", None));
    assert!(String::from_utf8(script.to_vec()).unwrap().contains("SwaggerUIBundle"));
    let (_, coding, packed) = bytes("/docs/swagger-ui-bundle.js", "br, gzip").await;
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(packed.starts_with(&[0x1F, 0x8B, 8]) && packed.len() < script.len() / 2, "{}", packed.len());
    let (kind, ..) = bytes("/docs/swagger-ui.css", "identity").await;
    assert_eq!(kind, "text/css; charset=utf-8");
}

#[tokio::test]
async fn what_is_no_text_is_handed_over_in_base64() {
    let sample = std::fs::read_to_string("../events/get-api-document.json").unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["routeKey"] = json!("GET /docs/{asset}");
    event["requestContext"]["routeKey"] = json!("GET /docs/{asset}");
    event["pathParameters"] = json!({"asset": "favicon-16x16.png"});
    let answer = invoke("GetApiDocument", &event).await.unwrap();
    assert_eq!(answer["isBase64Encoded"], true);
    assert!(STANDARD.decode(answer["body"].as_str().unwrap()).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn the_page_has_no_other_files() {
    for name in ["nothing.js", "index.html", "swagger-ui.js", "..%2F..%2FREADME.md", "%2e%2e"] {
        let answer = Answer::to(get(&format!("/docs/{name}"))).await;
        // A client may resolve dots by itself and ask for another path.
        if answer.status != 200 {
            answer.problem(404, "not_found");
        }
    }
}
