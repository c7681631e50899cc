//! The functions with a route, one module for each.

pub mod add_login;
pub mod begin_ops_session;
pub mod change_password;
pub mod confirm_email;
pub mod confirm_login;
pub mod confirm_password_reset;
pub mod confirm_phone;
pub mod confirm_second_factor;
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
pub mod list_clients;
pub mod list_sessions;
pub mod log_in_by_email;
pub mod log_in_by_phone;
pub mod log_out;
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
pub mod update_me;
mod user_answer;

use http::StatusCode;
use kernel::{FieldError, Problem, UserId};
use platform::http::{Request, Response};
use serde::Serialize;

use crate::contact::{Email, Login, Phone};

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
