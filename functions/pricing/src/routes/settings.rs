//! What the routes of all kinds of settings have in common.

use std::sync::Arc;

use http::StatusCode;
use kernel::{Cursor, Page, Problem};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::{Caching, Precondition, Request, Response};
use platform::{Init, InitError};

use crate::editor::SettingsEditor;
use crate::refusal::SettingRefusal;
use crate::routes::answer::{SettingAnswer, reply};
use crate::setting::Terms;
use crate::store::SettingsStore;
use crate::text::SettingId;

/// The dependencies of a route that reads settings.
pub(super) struct Reader {
    store: SettingsStore,
    verifier: Verifier,
}

impl Reader {
    pub(super) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: SettingsStore::connect(init).await?, verifier: Verifier::from_init(init)? })
    }
}

/// The dependencies of a route that changes settings.
pub(super) struct Writer {
    editor: SettingsEditor,
    verifier: Verifier,
}

impl Writer {
    pub(super) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { editor: SettingsEditor::connect(init).await?, verifier: Verifier::from_init(init)? })
    }
}

/// Returns one setting.
pub(super) async fn get<T: Terms>(app: Arc<Reader>, request: Request) -> Result<Response, Problem> {
    authorize(&app.verifier, &request)?;
    let id = setting_id(&request)?;
    let setting = app.store.get::<T>(&id).await?.ok_or(SettingRefusal::NotFound { noun: T::NOUN })?;
    Ok(reply(StatusCode::OK, &setting)?.cached(Caching::Private).unless_known(&request))
}

/// Returns a page of the settings of a kind, by id.
pub(super) async fn list<T: Terms>(app: Arc<Reader>, request: Request) -> Result<Response, Problem> {
    authorize(&app.verifier, &request)?;
    let (limit, cursor) =
        Problem::both(request.limit(), request.cursor().and_then(|cursor| cursor.decode(T::LIST)))?;
    let limit = limit.get() as usize;
    // There are few, and all of them are one read.
    let mut settings = app.store.all::<T>().await?;
    if let Some(cursor) = &cursor {
        settings.retain(|setting| setting.id.as_str() > cursor.position());
    }
    let more = settings.len() > limit;
    settings.truncate(limit);
    let last = settings.last().filter(|_| more);
    let next_cursor = last.map(|last| Cursor::after(last.id.as_str()).encode(T::LIST));
    let items = settings.iter().map(SettingAnswer::of).collect();
    Response::ok(&Page { items, next_cursor })
}

/// Creates or replaces a setting.
pub(super) async fn put<T: Terms>(app: Arc<Writer>, request: Request) -> Result<Response, Problem> {
    let caller = authorize(&app.verifier, &request)?;
    let id = setting_id(&request)?;
    let terms = request.json_as(T::parse)?;
    let (call, expected) = (request.call(caller.operator()), Precondition::of(&request));
    let put = app.editor.put(&call, &id, &terms, &expected).await?;
    reply(if put.is_new { StatusCode::CREATED } else { StatusCode::OK }, &put.setting)
}

/// Removes a setting.
pub(super) async fn delete<T: Terms>(app: Arc<Writer>, request: Request) -> Result<Response, Problem> {
    let caller = authorize(&app.verifier, &request)?;
    let id = setting_id(&request)?;
    let (call, expected) = (request.call(caller.operator()), Precondition::of(&request));
    app.editor.remove::<T>(&call, &id, &expected).await?;
    Ok(Response::no_content())
}

fn authorize(verifier: &Verifier, request: &Request) -> Result<Principal, Problem> {
    let caller = verifier.authenticate(request)?;
    caller.require(Scope::PricingWrite)?;
    Ok(caller)
}

/// The id that the path names.
fn setting_id(request: &Request) -> Result<SettingId, Problem> {
    let id = request.path_parameter("id").parse();
    id.map_err(|error: <SettingId as std::str::FromStr>::Err| {
        Request::bad_path_parameter("id", error.to_string())
    })
}
