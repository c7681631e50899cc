//! The token endpoint's language: requests and errors as RFC 6749 spells them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{Kind, Problem};
use platform::auth::Scopes;
use serde::Deserialize;

use crate::refusal::LoginRefusal;
use crate::second_factor::SecondFactorCode;

/// The longest user name that is looked at, in bytes: longer than any address or number is.
const MAX_USERNAME: usize = 1_024;

/// The grant types that [`TokenRequest::read`] reads.
pub(crate) const GRANT_TYPES: [&str; 3] = ["password", "refresh_token", "client_credentials"];

/// The form of a request. Members that are not known are passed over, as section 3.2 wants it; one that is given twice is
/// an error.
#[derive(Deserialize)]
pub(crate) struct Form {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    otp: Option<String>,
    refresh_token: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// The grant of a token request. Deliberately not `Debug`.
#[derive(PartialEq, Eq)]
pub(crate) enum Grant {
    /// Section 4.3.
    Password {
        /// An email address or a phone number.
        username: String,
        /// The password that goes with it.
        password: String,
        /// The code of the second factor: `otp`, since `code` is the parameter of another grant (section 4.1.3).
        otp: Option<SecondFactorCode>,
    },
    /// Section 6.
    RefreshToken(String),
    /// Section 4.4.
    ClientCredentials,
}

/// The credentials of a client. Deliberately not `Debug`.
#[derive(PartialEq, Eq)]
pub(crate) struct Credentials {
    /// The client's id.
    pub(crate) id: String,
    /// Its secret; a client without one is a public client, whose id proves nothing.
    pub(crate) secret: Option<String>,
}

/// A request that was understood.
pub(crate) struct TokenRequest {
    pub(crate) grant: Grant,
    /// The client's credentials, if the request has them.
    pub(crate) client: Option<Credentials>,
    /// The requested scopes; `None` for all that there are.
    pub(crate) scopes: Option<Scopes>,
}

/// The error response of the token endpoint (section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuthError {
    /// One of the codes of section 5.2.
    pub(crate) error: &'static str,
    /// One sentence for the client's developer, in ASCII.
    pub(crate) description: String,
    /// Distinguishes errors for which section 5.2 has one code.
    pub(crate) code: Option<&'static str>,
}

impl OAuthError {
    /// The error `error`, described.
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into(), code: None }
    }

    /// The client is not who it says.
    pub(crate) fn invalid_client() -> Self {
        Self::new("invalid_client", "The client's id or secret is wrong.")
    }
}

/// `problem` as this endpoint returns it: `Err` for one that is no fault of the request, which stays a problem with one more
/// member.
pub(crate) fn told(problem: Problem) -> Result<OAuthError, Problem> {
    match problem.kind {
        Kind::Throttled | Kind::Unavailable => Err(problem.with("error", "temporarily_unavailable")),
        Kind::Internal => Err(problem.with("error", "server_error")),
        _ => Ok(OAuthError::new("invalid_request", description(problem))),
    }
}

/// `refusal` as this endpoint returns it: `Err` as [`told`] has it.
pub(crate) fn refused(refusal: LoginRefusal) -> Result<OAuthError, Problem> {
    use LoginRefusal as Refusal;
    let (error, is_second_step) = match refusal {
        Refusal::SecondFactorRequired | Refusal::InvalidSecondFactor => ("invalid_grant", true),
        Refusal::InvalidCredentials | Refusal::InvalidRefreshToken | Refusal::VerificationRequired(_) => {
            ("invalid_grant", false)
        }
        Refusal::InvalidScope => ("invalid_scope", false),
        Refusal::TooManyAttempts(_) | Refusal::SecondFactorNotEnrolled => return told(refusal.into()),
    };
    let Problem { code, detail, .. } = refusal.into();
    Ok(OAuthError { code: is_second_step.then_some(code), ..OAuthError::new(error, detail) })
}

/// Describes `problem`, with every parameter at fault, in the characters that an `error_description` may have (RFC 6749 section 5.2).
fn description(problem: Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail;
    }
    let name = |pointer: &str| pointer.trim_start_matches('/').to_owned();
    let faults = problem.errors.iter().map(|error| format!("{} {}", name(&error.pointer), error.detail));
    let may_stand = |letter: &char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
    let text = faults.collect::<Vec<_>>().join("; ");
    text.chars().map(|letter| if may_stand(&letter) { letter } else { '?' }).collect()
}

impl TokenRequest {
    /// Reads a form and the `Authorization` header.
    pub(crate) fn read(form: Form, authorization: Option<&str>) -> Result<Self, OAuthError> {
        let client = client(authorization, given(form.client_id), given(form.client_secret))?;
        let missing =
            |name: &str| OAuthError::new("invalid_request", format!("The parameter {name} is missing."));
        // Clients of an older orders service send a login alone.
        let password =
            || form.username.as_ref().filter(|name| !name.is_empty()).map(|_| "password".to_owned());
        let grant_type = given(form.grant_type).or_else(password).ok_or_else(|| missing("grant_type"))?;
        let grant = match grant_type.as_str() {
            "password" => {
                let username = given(form.username).ok_or_else(|| missing("username"))?;
                let password = given(form.password).ok_or_else(|| missing("password"))?;
                if username.len() > MAX_USERNAME {
                    return Err(OAuthError::new("invalid_grant", "The login or the password is wrong."));
                }
                let otp = given(form.otp).map(|otp| SecondFactorCode::parse(&otp)).transpose();
                let otp = otp.map_err(|rule| {
                    OAuthError::new("invalid_request", format!("The parameter otp {rule}."))
                })?;
                Grant::Password { username, password, otp }
            }
            "refresh_token" => {
                Grant::RefreshToken(given(form.refresh_token).ok_or_else(|| missing("refresh_token"))?)
            }
            "client_credentials" => Grant::ClientCredentials,
            _ => {
                let description = "The grant types here are password, refresh_token and client_credentials.";
                return Err(OAuthError::new("unsupported_grant_type", description));
            }
        };
        let scopes = given(form.scope).map(|scope| scope.parse()).transpose();
        let scopes = scopes.map_err(|_| OAuthError::new("invalid_scope", "There is no such scope."))?;
        Ok(Self { grant, client, scopes })
    }
}

/// A parameter without a value counts as one that is not there (section 3.2).
fn given(parameter: Option<String>) -> Option<String> {
    parameter.filter(|value| !value.is_empty())
}

/// Reads the client's credentials, which are in the header or in the body but not in both (section 2.3).
fn client(
    authorization: Option<&str>,
    id: Option<String>,
    secret: Option<String>,
) -> Result<Option<Credentials>, OAuthError> {
    let Some(header) = authorization else {
        return match (id, secret) {
            (None, None) => Ok(None),
            (Some(id), secret) => Ok(Some(Credentials { id, secret })),
            (None, Some(_)) => {
                Err(OAuthError::new("invalid_request", "There is a secret without a client_id."))
            }
        };
    };
    let credentials = basic(header).ok_or_else(OAuthError::invalid_client)?;
    if secret.is_some() || id.is_some_and(|id| id != credentials.id) {
        return Err(OAuthError::new("invalid_request", "The client authenticates in two ways at once."));
    }
    Ok(Some(credentials))
}

/// Reads `Basic` credentials (RFC 7617), whose parts are form-encoded (section 2.3.1).
pub(crate) fn basic(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let id = form_decoded(id)?;
    (!id.is_empty()).then_some(Credentials { id, secret: given(Some(form_decoded(secret)?)) })
}

fn form_decoded(text: &str) -> Option<String> {
    // One pair whose value is the text.
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("v={text}")).ok()?;
    match <[_; 1]>::try_from(pairs) {
        Ok([(_, value)]) => Some(value),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Login;
    use crate::refusal::TooManyAttempts;

    fn read(form: &str, authorization: Option<&str>) -> Result<TokenRequest, OAuthError> {
        TokenRequest::read(serde_urlencoded::from_str(form).unwrap(), authorization)
    }

    fn error(form: &str, authorization: Option<&str>) -> &'static str {
        read(form, authorization).err().unwrap().error
    }

    #[test]
    fn the_three_grants_are_read() {
        let password = read("grant_type=password&username=a%40b.cc&password=p+w&foo=bar", None).unwrap();
        let wanted = Grant::Password { username: "a@b.cc".to_owned(), password: "p w".to_owned(), otp: None };
        assert!(password.grant == wanted && password.client.is_none() && password.scopes.is_none());
        let bare = read("username=a%40b.cc&password=p+w", None).unwrap();
        assert!(matches!(bare.grant, Grant::Password { .. }), "a login alone is one by password");
        let refresh = read("grant_type=refresh_token&refresh_token=x&scope=loms+orders:read", None).unwrap();
        assert!(refresh.grant == Grant::RefreshToken("x".to_owned()));
        assert_eq!(refresh.scopes.unwrap().to_string(), "orders:read loms");
        let client = read("grant_type=client_credentials&client_id=i&client_secret=s", None).unwrap();
        assert!(client.grant == Grant::ClientCredentials);
        assert!(client.client == Some(Credentials { id: "i".to_owned(), secret: Some("s".to_owned()) }));
    }

    #[test]
    fn every_grant_type_that_is_published_is_read() {
        for grant in GRANT_TYPES {
            let form = format!("grant_type={grant}&username=a&password=b&refresh_token=c");
            assert!(read(&form, None).is_ok(), "{grant}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_name() {
        let cases = [
            ("", "invalid_request"),
            ("grant_type=", "invalid_request"),
            ("username=a", "invalid_request"),
            ("username=&password=b", "invalid_request"),
            ("grant_type=refresh&username=a&password=b", "unsupported_grant_type"),
            ("grant_type=password&username=a", "invalid_request"),
            ("grant_type=password&password=a", "invalid_request"),
            ("grant_type=password&username=a&password=a&otp=12345", "invalid_request"),
            ("grant_type=refresh_token&refresh_token=", "invalid_request"),
            ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
            ("grant_type=client_credentials&scope=everything", "invalid_scope"),
            ("grant_type=client_credentials&client_secret=s", "invalid_request"),
        ];
        for (form, name) in cases {
            assert_eq!(error(form, None), name, "{form}");
        }
        assert!(serde_urlencoded::from_str::<Form>("scope=a&scope=b").is_err(), "given twice");
    }

    #[test]
    fn a_client_says_who_it_is_in_one_way() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let of = |text: &str| {
            let request = read("grant_type=client_credentials&client_id=", Some(&header(text))).unwrap();
            request.client.map(|client| (client.id, client.secret))
        };
        assert_eq!(of("i:s"), Some(("i".to_owned(), Some("s".to_owned()))));
        assert_eq!(of("i%3A1:s%20+%2B"), Some(("i:1".to_owned(), Some("s  +".to_owned()))));
        assert_eq!(of("i:"), Some(("i".to_owned(), None)));
        let form = "grant_type=client_credentials";
        for wrong in ["Bearer x", "Basic", "Basic %%", &header("nocolon"), &header(":s"), &header("a&b=c:s")]
        {
            assert_eq!(error(form, Some(wrong)), "invalid_client", "{wrong}");
        }
        let both = format!("{form}&client_id=i&client_secret=s");
        assert_eq!(error(&both, Some(&header("i:s"))), "invalid_request");
        let other = format!("{form}&client_id=j");
        assert_eq!(error(&other, Some(&header("i:s"))), "invalid_request");
        assert!(read(&format!("{form}&client_id=i"), Some(&header("i:s"))).is_ok());
    }

    #[test]
    fn every_parameter_at_fault_is_described_in_ascii() {
        let errors = [("/username", "is given twice"), ("/\u{e9}\"", "is given twice")];
        let errors = errors.map(|(pointer, detail)| kernel::FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
        let told = told(Problem::invalid_all(errors.to_vec())).unwrap();
        assert_eq!(told.error, "invalid_request");
        assert_eq!(told.description, "username is given twice; ?? is given twice");
    }

    #[test]
    fn only_the_requests_own_faults_are_told_as_errors() {
        let of = |problem| told(problem).map(|error| error.error);
        let media_type = Problem::new(Kind::UnsupportedType, "unsupported_media_type", "x");
        assert_eq!(of(media_type).unwrap(), "invalid_request");
        assert_eq!(of(Problem::unavailable("x")).unwrap_err().extensions["error"], "temporarily_unavailable");
        assert_eq!(of(Problem::internal("x")).unwrap_err().extensions["error"], "server_error");
    }

    #[test]
    fn a_refused_login_has_an_error_of_the_standard() {
        let email = Login::Email("ada@example.com".parse().unwrap());
        for (refusal, error, code) in [
            (LoginRefusal::InvalidCredentials, "invalid_grant", None),
            (LoginRefusal::InvalidRefreshToken, "invalid_grant", None),
            (LoginRefusal::VerificationRequired(email), "invalid_grant", None),
            (LoginRefusal::SecondFactorRequired, "invalid_grant", Some("second_factor_required")),
            (LoginRefusal::InvalidSecondFactor, "invalid_grant", Some("invalid_second_factor")),
            (LoginRefusal::InvalidScope, "invalid_scope", None),
            (LoginRefusal::SecondFactorNotEnrolled, "invalid_request", None),
        ] {
            let description = Problem::from(refusal.clone()).detail;
            assert_eq!(refused(refusal).unwrap(), OAuthError { error, description, code });
        }
        let throttled = refused(LoginRefusal::TooManyAttempts(TooManyAttempts { wait: 7 })).unwrap_err();
        assert_eq!((throttled.code, throttled.retry_after), ("too_many_attempts", Some(7)));
        assert_eq!(throttled.extensions["error"], "temporarily_unavailable");
    }
}
