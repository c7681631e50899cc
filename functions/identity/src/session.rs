//! Refresh tokens and their sessions: which token continues a session, and which one reveals a theft.
//!
//! A session begins with a login and is one chain of refresh tokens; each is used once and replaced (RFC 9700
//! section 4.14.2). Only hashes are kept. When a token comes back that was replaced before, two parties hold tokens
//! of one chain, one of them by theft, and the whole session ends.
//!
//! One exception makes this bearable on bad networks: the token that was replaced last is good for
//! [`GRACE`] longer, for a client that never received the response. It gets that very response again. To make this
//! possible without keeping any token readable, the replacement is stored sealed under the token that it replaced,
//! which only the client has.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Problem, Timestamp, UserId, ids::SessionId};
use platform::auth::Scopes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::{Builder, Uuid};

/// The time from its login after which a session ends, however often it is refreshed (ASVS 3.3.2).
pub const SESSION_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// The time for which the token before the current one is still accepted.
pub const GRACE: Duration = Duration::from_secs(10);
/// Sessions that an account has at most; the next login ends the one that began first.
pub const MAX_SESSIONS: usize = 20;
/// Random bytes in a refresh token.
const SECRET_BYTES: usize = 32;
/// Sets the use of a secret as a sealing key apart from every other use.
const SEAL_CONTEXT: &[u8] = b"holdfast/identity/refresh-handover/1";
/// Sets the naming of sessions in access tokens apart from every other hash.
const TOKEN_ID_CONTEXT: &[u8] = b"holdfast/identity/access-token-id/1";
/// Random bytes at the beginning of an access token's id; as many follow that name its session.
const NONCE_BYTES: usize = 8;

/// The token with which a client gets new access tokens: `<user>.<session>.<secret>`. The first two find the item; the secret is 256 random
/// bits.
#[derive(Clone)]
pub(crate) struct RefreshToken {
    /// The account.
    pub(crate) user: UserId,
    /// The session it belongs to.
    pub(crate) session: SessionId,
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// A new token of a session.
    pub(crate) fn generate(user: UserId, session: SessionId) -> Result<Self, Problem> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(Problem::internal)?;
        Ok(Self { user, session, secret })
    }

    /// Reads what a client sent; `None` when it can't be one of ours. Only the exact text that was handed out is read,
    /// not other spellings of the same ids.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (user, session, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        let token = Self { user: user.parse().ok()?, session: session.parse().ok()?, secret };
        (token.text() == text).then_some(token)
    }

    /// The text that the client carries.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}.{}", self.user, self.session, URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// The hash that is stored of it. A plain hash is enough: there is nothing to guess in 256 random bits.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.secret).into())
    }

    /// `successor`'s secret, readable only with this token.
    pub(crate) fn seal(&self, successor: &Self) -> Result<Sealed, Problem> {
        Ok(Sealed(xor(self.pad()?, successor.secret)))
    }

    /// The token that was sealed under this one.
    fn unseal(&self, sealed: &Sealed) -> Result<Self, Problem> {
        Ok(Self { secret: xor(self.pad()?, sealed.0), ..self.clone() })
    }

    /// A pad of as many bytes as a secret has. It is used once, because a token is replaced once.
    fn pad(&self) -> Result<[u8; SECRET_BYTES], Problem> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).map_err(Problem::internal)?;
        mac.update(SEAL_CONTEXT);
        Ok(mac.finalize().into_bytes().into())
    }
}

fn xor(mut pad: [u8; SECRET_BYTES], bytes: [u8; SECRET_BYTES]) -> [u8; SECRET_BYTES] {
    for (left, right) in pad.iter_mut().zip(bytes) {
        *left ^= right;
    }
    pad
}

/// 32 bytes that the session item holds as text.
macro_rules! kept_bytes {
    ($($(#[$doc:meta])* $name:ident),+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name([u8; 32]);

        impl $name {
            /// The text for the item.
            pub(crate) fn to_text(&self) -> String {
                URL_SAFE_NO_PAD.encode(self.0)
            }

            /// Reads the item's text.
            pub(crate) fn from_text(text: &str) -> Option<Self> {
                URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
            }
        }
    )+};
}

kept_bytes! {
    /// The SHA-256 of a token's secret.
    TokenHash,
    /// A secret under the pad of the token before it.
    Sealed
}

impl TokenHash {
    fn is_of(&self, token: &RefreshToken) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

/// An id (`jti`) for an access token of `session`, from which the session can be recognised and not read: a party that
/// sees access tokens in passing learns nothing that ends the session. A custom (version 8) UUID.
pub(crate) fn access_token_id(session: SessionId) -> Result<Uuid, Problem> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(Problem::internal)?;
    Ok(named(session, nonce))
}

/// True when an access token with the id `jti` belongs to `session`.
pub(crate) fn is_access_token_of(jti: &str, session: SessionId) -> bool {
    let Ok(id) = Uuid::try_parse(jti) else { return false };
    let Some(nonce) = id.as_bytes().first_chunk() else { return false };
    named(session, *nonce) == id
}

fn named(session: SessionId, nonce: [u8; NONCE_BYTES]) -> Uuid {
    // The builder sets the bits that say which kind of UUID this is, some of them in the nonce.
    let plain = Builder::from_custom_bytes(*joined(nonce, [0; NONCE_BYTES]).as_bytes()).into_uuid();
    let mut hash = Sha256::new_with_prefix(TOKEN_ID_CONTEXT);
    hash.update(session.to_string());
    hash.update(&plain.as_bytes()[..NONCE_BYTES]);
    let digest: [u8; 32] = hash.finalize().into();
    let mut tag = [0; NONCE_BYTES];
    tag.copy_from_slice(&digest[..NONCE_BYTES]);
    joined(nonce, tag)
}

fn joined(nonce: [u8; NONCE_BYTES], tag: [u8; NONCE_BYTES]) -> Uuid {
    let mut bytes = [0; 2 * NONCE_BYTES];
    bytes[..NONCE_BYTES].copy_from_slice(&nonce);
    bytes[NONCE_BYTES..].copy_from_slice(&tag);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// A session as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The token that is to be used next.
    pub(crate) current: TokenHash,
    /// The token before it; `None` until the first refresh.
    pub(crate) previous: Option<Replaced>,
    /// The time of the login.
    pub(crate) started_at: Timestamp,
    /// The time at which the session ends.
    pub(crate) ends_at: Timestamp,
    /// The scopes that its client asked for, where it asked for fewer than there are (RFC 6749 section 3.3).
    pub(crate) narrowed: Option<Scopes>,
}

/// A token that was used and replaced.
#[derive(Debug, Clone)]
pub(crate) struct Replaced {
    /// Its hash.
    pub(crate) hash: TokenHash,
    /// Its replacement.
    pub(crate) handover: Sealed,
    /// The time at which it was replaced.
    pub(crate) at: Timestamp,
}

/// The place of a token in its session.
pub(crate) enum Judgement {
    /// The one to be used next: it is to be replaced.
    Current,
    /// The one before, within its grace: the answer is the token that replaced it.
    Repeated(RefreshToken),
    /// One that had its turn: the session is to end.
    Reused,
    /// The session is over.
    Ended,
}

impl Session {
    /// The session of a login at `now`, beginning with `first`.
    pub(crate) fn begin(first: &RefreshToken, now: Timestamp) -> Self {
        let ends_at = now.plus(SESSION_LIFETIME);
        Self { current: first.hash(), previous: None, started_at: now, ends_at, narrowed: None }
    }

    /// The scopes out of `scopes`, which are the account's, that this session may use.
    pub(crate) fn allowed(&self, scopes: &Scopes) -> Scopes {
        self.narrowed.as_ref().map_or_else(|| scopes.clone(), |narrowed| narrowed.common(scopes))
    }

    /// The time of its last refresh; that of the login before the first one.
    pub(crate) fn last_used_at(&self) -> Timestamp {
        self.previous.as_ref().map_or(self.started_at, |replaced| replaced.at)
    }

    /// Classifies `token`, which names this session, at `now`.
    ///
    /// A caller that names a session holds or held a token of it: its id is random and stands nowhere else. So a token
    /// that is neither the current one nor the one before is taken for an older one of the chain.
    pub(crate) fn judge(&self, token: &RefreshToken, now: Timestamp) -> Result<Judgement, Problem> {
        if now >= self.ends_at {
            return Ok(Judgement::Ended);
        }
        if self.current.is_of(token) {
            return Ok(Judgement::Current);
        }
        let Some(previous) = &self.previous else { return Ok(Judgement::Reused) };
        if !previous.hash.is_of(token) || now >= previous.at.plus(GRACE) {
            return Ok(Judgement::Reused);
        }
        let successor = token.unseal(&previous.handover)?;
        Ok(if self.current.is_of(&successor) { Judgement::Repeated(successor) } else { Judgement::Reused })
    }

    /// The session after `used`, its current token, was replaced by `successor` at `now`. Its end stays where it was.
    pub(crate) fn rotated(
        self,
        used: &RefreshToken,
        successor: &RefreshToken,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let replaced = Replaced { hash: self.current, handover: used.seal(successor)?, at: now };
        Ok(Self { current: successor.hash(), previous: Some(replaced), ..self })
    }
}

/// The ones of the `live` sessions that have to end so that one more makes at most [`MAX_SESSIONS`]: those that began first.
pub(crate) fn surplus(live: &[(SessionId, Session)]) -> Vec<SessionId> {
    let mut live: Vec<_> = live.iter().collect();
    live.sort_by_key(|(id, session)| (session.started_at, *id));
    let count = (live.len() + 1).saturating_sub(MAX_SESSIONS);
    live.into_iter().take(count).map(|(id, _)| *id).collect()
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
