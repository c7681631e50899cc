//! `GET /ops` and `GET /ops/{asset}`; what the page does is tested in a browser, in tests/browser.

use regex::Regex;

use crate::harness::{Answer, get};

#[tokio::test]
async fn the_page_is_guarded_by_a_strict_policy() {
    for (path, kind) in [
        ("/ops", "text/html; charset=utf-8"),
        ("/ops/page.js", "text/javascript; charset=utf-8"),
        ("/ops/page.css", "text/css; charset=utf-8"),
        ("/ops/icon.svg", "image/svg+xml"),
    ] {
        let answer = Answer::to(get(path)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn everything_that_the_page_names_is_there_and_relative_to_it() {
    let page = Answer::to(get("/ops")).await.text;
    let named = Regex::new(r#"(?:src|href)="([^#"]+)""#).unwrap();
    let names: Vec<&str> = named.captures_iter(&page).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        assert!(name.starts_with("ops/"), "{name}");
        assert_eq!(Answer::to(get(&format!("/{name}"))).await.status, 200, "{name}");
    }
    let imported = Regex::new(r#"from "\./([a-z-]+\.js)""#).unwrap();
    let script = Answer::to(get("/ops/page.js")).await.text;
    let modules: Vec<&str> =
        imported.captures_iter(&script).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(modules.len() >= 6, "{modules:?}");
    for module in modules {
        assert_eq!(Answer::to(get(&format!("/ops/{module}"))).await.status, 200, "{module}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let first = Answer::to(get("/ops/page.js")).await;
    assert_eq!(first.header("cache-control"), "no-cache");
    let again = Answer::to(get("/ops/page.js").header("if-none-match", first.header("etag"))).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(Answer::to(get("/ops/page.js").header("if-none-match", "\"older\"")).await.status, 200);
}

#[tokio::test]
async fn there_is_no_other_file() {
    for name in ["page.html", "page.jsx", "PAGE.JS"] {
        Answer::to(get(&format!("/ops/{name}"))).await.problem(404, "not_found");
    }
}
