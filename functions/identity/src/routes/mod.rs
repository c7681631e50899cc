//! The functions with a route, one module for each.

pub mod add_login;
pub mod begin_ops_session;
pub mod change_password;
pub mod confirm_email;
pub mod confirm_login;
pub mod confirm_password_reset;
pub mod confirm_phone;
pub mod confirm_second_factor;
pub mod delete_address;
pub mod delete_me;
pub mod end_ops_session;
pub mod end_session;
pub mod end_sessions;
pub mod enrol_second_factor;
pub mod export_me;
pub mod get_authorization_server;
pub mod get_jwks;
pub mod get_me;
pub mod issue_token;
pub mod list_addresses;
pub mod list_clients;
pub mod list_sessions;
pub mod log_in_by_email;
pub mod log_in_by_phone;
pub mod log_out;
mod ops_session;
pub mod put_address;
pub mod refresh_ops_session;
pub mod refresh_session;
pub mod register;
pub mod register_by_email;
pub mod register_by_phone;
mod registering;
pub mod remove_login;
pub mod remove_second_factor;
pub mod request_password_reset;
pub mod revoke_client;
pub mod rotate_client;
pub mod send_email_code;
pub mod send_phone_code;
mod token_response;
pub mod update_me;
mod user_answer;

use http::StatusCode;
use kernel::ids::{AddressId, NotAUuid};
use kernel::{FieldError, Problem, UserId};
use platform::function::Function;
use platform::http::{Request, Response};
use serde::Serialize;

use crate::contact::{Email, Login, Phone};

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("add-login", |init| Box::pin(add_login::init(init))),
    Function::http("begin-ops-session", |init| Box::pin(begin_ops_session::init(init))),
    Function::http("change-password", |init| Box::pin(change_password::init(init))),
    Function::http("confirm-email", |init| Box::pin(confirm_email::init(init))),
    Function::http("confirm-login", |init| Box::pin(confirm_login::init(init))),
    Function::http("confirm-password-reset", |init| Box::pin(confirm_password_reset::init(init))),
    Function::http("confirm-phone", |init| Box::pin(confirm_phone::init(init))),
    Function::http("confirm-second-factor", |init| Box::pin(confirm_second_factor::init(init))),
    Function::http("delete-address", |init| Box::pin(delete_address::init(init))),
    Function::http("delete-me", |init| Box::pin(delete_me::init(init))),
    Function::http("end-ops-session", |init| Box::pin(end_ops_session::init(init))),
    Function::http("end-session", |init| Box::pin(end_session::init(init))),
    Function::http("end-sessions", |init| Box::pin(end_sessions::init(init))),
    Function::http("enrol-second-factor", |init| Box::pin(enrol_second_factor::init(init))),
    Function::http("export-me", |init| Box::pin(export_me::init(init))),
    Function::http("get-authorization-server", |init| Box::pin(get_authorization_server::init(init))),
    Function::http("get-jwks", |init| Box::pin(get_jwks::init(init))),
    Function::http("get-me", |init| Box::pin(get_me::init(init))),
    Function::http("issue-token", |init| Box::pin(issue_token::init(init))),
    Function::http("list-addresses", |init| Box::pin(list_addresses::init(init))),
    Function::http("list-clients", |init| Box::pin(list_clients::init(init))),
    Function::http("list-sessions", |init| Box::pin(list_sessions::init(init))),
    Function::http("log-in-by-email", |init| Box::pin(log_in_by_email::init(init))),
    Function::http("log-in-by-phone", |init| Box::pin(log_in_by_phone::init(init))),
    Function::http("log-out", |init| Box::pin(log_out::init(init))),
    Function::http("put-address", |init| Box::pin(put_address::init(init))),
    Function::http("refresh-ops-session", |init| Box::pin(refresh_ops_session::init(init))),
    Function::http("refresh-session", |init| Box::pin(refresh_session::init(init))),
    Function::http("register-by-email", |init| Box::pin(register_by_email::init(init))),
    Function::http("register-by-phone", |init| Box::pin(register_by_phone::init(init))),
    Function::http("register", |init| Box::pin(register::init(init))),
    Function::http("remove-login", |init| Box::pin(remove_login::init(init))),
    Function::http("remove-second-factor", |init| Box::pin(remove_second_factor::init(init))),
    Function::http("request-password-reset", |init| Box::pin(request_password_reset::init(init))),
    Function::http("revoke-client", |init| Box::pin(revoke_client::init(init))),
    Function::http("rotate-client", |init| Box::pin(rotate_client::init(init))),
    Function::http("send-email-code", |init| Box::pin(send_email_code::init(init))),
    Function::http("send-phone-code", |init| Box::pin(send_phone_code::init(init))),
    Function::http("update-me", |init| Box::pin(update_me::init(init))),
];

/// The response to a request to send something. It is the same when there is no account to send it to.
#[derive(Serialize)]
struct Accepted {
    status: &'static str,
}

/// The machine client that the path names.
fn client_id(request: &Request) -> Result<UserId, Problem> {
    let id = request.path_parameter("id").parse();
    id.map_err(|_| Request::bad_path_parameter("id", "must be the UUID of a machine client"))
}

/// The saved address that the path names.
fn address_id(request: &Request) -> Result<AddressId, Problem> {
    let id = request.path_parameter("id").parse();
    id.map_err(|rule: NotAUuid| Request::bad_path_parameter("id", rule.to_string()))
}

/// The one login that a body names.
fn one_login(email: Option<Email>, phone: Option<Phone>) -> Result<Login, Problem> {
    match (email, phone) {
        (Some(email), None) => Ok(Login::Email(email)),
        (None, Some(phone)) => Ok(Login::Phone(phone)),
        _ => {
            let error = |pointer: &str| FieldError {
                pointer: pointer.to_owned(),
                detail: "exactly one of email and phone has to be given".to_owned(),
            };
            Err(Problem::invalid_all(vec![error("/email"), error("/phone")]))
        }
    }
}

/// 202.
fn accepted() -> Result<Response, Problem> {
    Response::json(StatusCode::ACCEPTED, &Accepted { status: "accepted" })
}
