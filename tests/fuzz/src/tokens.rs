//! Access tokens.

use kernel::Kind;
use platform::auth::Principal;
use serde_json::Value;

use crate::shop::{Shop, claims};

/// Reads a token. The input is edits of a good one, `<position> <text>` in each line, or a token of its own. Every token that is accepted says what
/// the good one says.
pub fn access_tokens(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shop = Shop::shared();
    for token in [text.to_owned(), edited(&shop.token, text)] {
        match shop.verifier.verify(&token) {
            Ok(principal) => assert_eq!(principal, good(shop), "{token} is accepted and says something else"),
            Err(problem) => assert_eq!(problem.kind, Kind::Unauthenticated, "{problem:?}"),
        }
    }
}

fn good(shop: &Shop) -> Principal {
    shop.verifier.verify(&shop.token).expect("the good token is good")
}

fn edited(token: &str, edits: &str) -> String {
    let mut letters: Vec<char> = token.chars().collect();
    for (position, replacement) in edits.lines().filter_map(|line| line.split_once(' ')) {
        let Ok(position) = position.parse::<usize>() else { continue };
        let start = position % (letters.len() + 1);
        let end = (start + replacement.chars().count()).min(letters.len());
        letters.splice(start..end, replacement.chars());
    }
    letters.into_iter().collect()
}

/// Signs claims with the key itself: members of the input over those of a good token. They are accepted, or the token is not valid.
pub fn signed_claims(data: &[u8]) {
    let Ok(Value::Object(changed)) = serde_json::from_slice(data) else { return };
    let shop = Shop::shared();
    let mut all = serde_json::to_value(claims(shop.user)).expect("claims are JSON");
    let members = all.as_object_mut().expect("claims are an object");
    for (name, value) in changed {
        // Null takes a claim away.
        if value.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, value)
        };
    }
    match shop.verifier.verify(&shop.sign(&all)) {
        Ok(principal) => {
            assert_eq!(all["sub"], serde_json::json!(principal.user));
            let read: platform::auth::Scopes =
                principal.scopes.to_string().parse().expect("scopes are read as they are written");
            assert_eq!(read, principal.scopes);
        }
        Err(problem) => assert_eq!(problem.kind, Kind::Unauthenticated, "{problem:?}"),
    }
}
