//! The stack under test, as the environment names it.

use std::sync::Once;

use reqwest::{Client, Method, RequestBuilder};

/// A setting of the stack; `make test` gives all of them.
pub(crate) fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run these tests with `make test`"))
}

/// The address of `path` on the API.
pub(crate) fn url(path: &str) -> String {
    format!("{}{path}", setting("API_URL"))
}

/// A client that follows no redirects: what the API answers is what is tested.
///
/// A test has one for all of its requests: to make one means to read the system's roots, which takes longer than most requests do. Tests don't share
/// one, because a connection ends with the runtime of the test that opened it.
pub(crate) fn http() -> Client {
    static TLS: Once = Once::new();
    thread_local! {
        static CLIENT: Client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    }
    TLS.call_once(|| {
        // It fails only where a provider is installed already, and no other code in this process installs one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    CLIENT.with(Client::clone)
}

fn request(method: Method, path: &str) -> RequestBuilder {
    http().request(method, url(path))
}

/// `GET path`.
pub(crate) fn get(path: &str) -> RequestBuilder {
    request(Method::GET, path)
}

/// `POST path`.
pub(crate) fn post(path: &str) -> RequestBuilder {
    request(Method::POST, path)
}

/// `PUT path`.
pub(crate) fn put(path: &str) -> RequestBuilder {
    request(Method::PUT, path)
}

/// `PATCH path`.
pub(crate) fn patch(path: &str) -> RequestBuilder {
    request(Method::PATCH, path)
}

/// `DELETE path`.
pub(crate) fn delete(path: &str) -> RequestBuilder {
    request(Method::DELETE, path)
}
