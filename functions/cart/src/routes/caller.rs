//! The owner of the cart that a request is about.

use kernel::{Actor, Problem};
use platform::InvocationContext;
use platform::auth::Verifier;
use platform::http::Request;

use crate::owner::{CartToken, Owner};
use crate::refusal::VisitorRefusal;

/// The header that carries the token of an anonymous cart.
pub(super) const CART_TOKEN: &str = "x-cart-token";

/// The owner that `request` names: an account by its access token, or else the holder of the cart token.
///
/// A caller that is logged in has their own cart, regardless of a cart token beside it: merging is a request of its own.
pub(super) fn owner(verifier: &Verifier, request: &Request) -> Result<Owner, Problem> {
    if is_anonymous(request)
        && let Some(token) = cart_token(request)?
    {
        return Ok(Owner::from(&token));
    }
    let caller = verifier.authenticate(request)?;
    caller.require_customer()?;
    Ok(Owner::Customer(caller.user))
}

/// Returns whether `request` comes from an anonymous caller that has no cart yet.
pub(super) fn is_new(request: &Request) -> bool {
    is_anonymous(request) && !request.headers().contains_key(CART_TOKEN)
}

/// The circumstances of `request`. Of changes to carts no author is kept.
pub(super) fn call(request: &Request, owner: &Owner) -> InvocationContext {
    request.call(match owner {
        Owner::Customer(id) => Actor::Customer { id: *id },
        Owner::Anonymous(_) => Actor::system("anonymous_cart"),
    })
}

fn is_anonymous(request: &Request) -> bool {
    !request.headers().contains_key("authorization")
}

fn cart_token(request: &Request) -> Result<Option<CartToken>, VisitorRefusal> {
    let invalid = VisitorRefusal::InvalidToken;
    let Some(token) = request.only_header(CART_TOKEN).map_err(|_| invalid)? else { return Ok(None) };
    CartToken::parse(token).map(Some).ok_or(invalid)
}
