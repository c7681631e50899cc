//! The part that the registration routes share: everything but the shape of the request.

use kernel::{Actor, Problem, UserId};
use platform::http::{Request, Response};
use platform::idempotency::{Attempt, Done, Idempotency, IdempotentRequest, View};
use platform::{Init, InitError};
use sha2::{Digest as _, Sha256};

use super::user_answer::UserAnswer;
use crate::contact::{Email, Locale, Phone};
use crate::register::{Register, Registration};

/// The prefix of the name under which idempotency keys of callers without an account are kept.
const ANYBODY: &str = "anonymous";

/// The dependencies of a registration.
pub(super) struct App {
    register: Register,
    idempotency: Idempotency,
}

impl App {
    pub(super) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { register: Register::connect(init).await?, idempotency: Idempotency::connect(init).await? })
    }

    /// Opens the account, or repeats the answer to the same request.
    pub(super) async fn answer(
        &self,
        request: &Request,
        registration: Registration,
    ) -> Result<Response, Problem> {
        let user = UserId::generate();
        let call = request.call(Actor::Customer { id: user });
        self.register.acquire(&call, request.source_ip()).await?;
        let identity = IdempotentRequest::of(request)?;
        let content = if identity.has_key() { content(&registration)? } else { Vec::new() };
        let (identity, caller) = (identity.with_content(content), caller(&registration));
        let begun = self.idempotency.begin(&call, &caller, &identity).await?;
        let open = async |attempt: Attempt| {
            let account = registration.into_account(user, call.now)?;
            let view = View::of(&UserAnswer::new(user, &account.profile))?;
            let stored = self.idempotency.store_outcome(&call, &attempt, &view)?;
            self.register.open(&call, &account, stored).await?;
            Ok(Done::Finished(view))
        };
        let opened = self.idempotency.run_at_once(&call, begun, open).await?;
        opened.reply(request, |view: View| Response::created(&view))
    }
}

/// The language that the person's client asks for.
pub(super) fn locale(request: &Request) -> Locale {
    Locale::negotiated(request.header("accept-language"))
}

/// The caller to whom the `Idempotency-Key` belongs: people who happen to use one key for different logins neither collide nor see each other's
/// responses. A hash, since the name is a part of a key.
fn caller(registration: &Registration) -> String {
    let email = registration.email.as_ref().map(Email::as_str).unwrap_or_default();
    let phone = registration.phone.as_ref().map(Phone::as_str).unwrap_or_default();
    format!("{ANYBODY}/{}", hex::encode(Sha256::digest(format!("{email} {phone}"))))
}

/// The content that two requests with one `Idempotency-Key` must share to be the same request. The body itself won't do: its plain hash would be
/// kept for a day, and it holds a password that people may have chosen badly.
fn content(registration: &Registration) -> Result<Vec<u8>, Problem> {
    let email = registration.email.as_ref().map(Email::as_str);
    let phone = registration.phone.as_ref().map(Phone::as_str);
    let names = [registration.first_name.as_str(), registration.last_name.as_str()];
    // Not the header: the same key may come quoted or bare.
    let context = serde_json::to_vec(&(email, phone)).map_err(Problem::internal)?;
    let password = registration.password.fingerprint(&context)?;
    let content = (names, email, phone, password);
    match &registration.time_zone {
        // What a release without time zones kept for a day has to be found again.
        None => serde_json::to_vec(&content),
        Some(zone) => serde_json::to_vec(&(content, zone)),
    }
    .map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::Password;

    fn registration(email: Option<&str>, phone: Option<&str>) -> Registration {
        Registration {
            first_name: "Ada".parse().unwrap(),
            last_name: "Lovelace".parse().unwrap(),
            email: email.map(|email| email.parse().unwrap()),
            phone: phone.map(|phone| phone.parse().unwrap()),
            password: Password::new("correct horse battery staple".to_owned()).unwrap(),
            locale: Locale::En,
            time_zone: None,
        }
    }

    #[test]
    fn a_key_belongs_to_the_logins_it_is_used_for() {
        let of = |email, phone| caller(&registration(email, phone));
        let (ada, eve, number) = (Some("ada@example.com"), Some("eve@example.com"), Some("+79991234567"));
        assert_eq!(of(ada, None), of(Some("Ada@Example.com"), None));
        let callers = [of(ada, None), of(eve, None), of(ada, number), of(None, number)];
        let distinct: std::collections::BTreeSet<_> = callers.iter().collect();
        assert_eq!(distinct.len(), callers.len());
        assert!(!callers[0].contains("ada"));
    }
}
