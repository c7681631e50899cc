//! The owner of the cart that a request is about.

use kernel::{Actor, Problem};
use platform::InvocationContext;
use platform::auth::Verifier;
use platform::http::Request;

pub(super) use crate::owner::CART_TOKEN;
use crate::owner::{CartToken, Owner};

/// The owner that `request` names: an account by its access token, or else the holder of the cart token.
///
/// A caller that is logged in has their own cart, regardless of a cart token beside it: merging is a request of its own.
pub(super) fn owner(verifier: &Verifier, request: &Request) -> Result<Owner, Problem> {
    if let Some(token) = CartToken::of_anonymous(request)? {
        return Ok(Owner::from(&token));
    }
    let caller = verifier.authenticate(request)?;
    caller.require_customer()?;
    Ok(Owner::Customer(caller.user))
}

/// Returns whether `request` comes from an anonymous caller that has no cart yet.
pub(super) fn is_new(request: &Request) -> bool {
    let headers = request.headers();
    !headers.contains_key("authorization") && !headers.contains_key(CART_TOKEN)
}

/// The circumstances of `request`. Of changes to carts no author is kept.
pub(super) fn call(request: &Request, owner: &Owner) -> InvocationContext {
    request.call(match owner {
        Owner::Customer(id) => Actor::Customer { id: *id },
        Owner::Anonymous(_) => Actor::system("anonymous_cart"),
    })
}
