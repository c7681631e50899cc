//! For whose eyes the catalog is: everybody may read it, and those who write it see all of it.

use std::time::Duration;

use kernel::Problem;
use platform::auth::{Principal, Scope, Verifier};
use platform::http::{Caching, Request};

use crate::listing::View;
use crate::product::Product;
use crate::refusal::CatalogRefusal;

/// The greatest age of the catalog that customers see in a cache: a price or a stock may be behind by this much on a
/// page that is only read. The cart and the checkout never read a cached response.
const MAX_AGE: Duration = Duration::from_secs(10);

/// The caller that reads the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer(Option<Principal>);

impl Viewer {
    /// The caller of `request`: anonymous without a token. A token that is not valid is refused, so that a client
    /// whose session has ended is notified of it.
    pub fn of(request: &Request, verifier: &Verifier) -> Result<Self, Problem> {
        if !request.headers().contains_key("authorization") {
            return Ok(Self(None));
        }
        verifier.authenticate(request).map(Some).map(Self)
    }

    /// True when the caller may write the catalog.
    pub fn is_operator(&self) -> bool {
        self.0.as_ref().is_some_and(|caller| caller.scopes.contains(Scope::CatalogWrite))
    }

    /// True when the caller may know of `product`.
    pub fn sees(&self, product: &Product) -> bool {
        product.is_active || self.is_operator()
    }

    /// True when the caller may know the stock of `product`. A caller that counts the stock must know it, for sale or
    /// not.
    pub fn sees_stock_of(&self, product: &Product) -> bool {
        let keeper = self.0.as_ref().is_some_and(|caller| caller.scopes.contains(Scope::StockWrite));
        keeper || self.sees(product)
    }

    /// The caches that may keep the response. Operators see their own changes at once, and the responses to them are
    /// private.
    pub fn caching(&self) -> Caching {
        if self.is_operator() { Caching::Private } else { Caching::Public(MAX_AGE) }
    }

    /// The products that the caller asks for by the filter `active`. It is for operators; that the others see active
    /// products only is no filter of theirs, so asking for just these is not refused.
    pub fn view(&self, active: Option<bool>) -> Result<View, Problem> {
        match active {
            Some(true) => Ok(View::Active),
            None if !self.is_operator() => Ok(View::Active),
            None => Ok(View::All),
            Some(false) => self.require_operator().map(|()| View::Inactive),
        }
    }

    fn require_operator(&self) -> Result<(), Problem> {
        let caller = self.0.as_ref().ok_or(CatalogRefusal::TokenRequired)?;
        caller.require(Scope::CatalogWrite)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Kind, UserId};
    use platform::auth::Scopes;

    use super::*;

    fn caller(scopes: &str) -> Viewer {
        let scopes: Scopes = scopes.parse().unwrap();
        Viewer(Some(Principal {
            user: UserId::generate(),
            scopes,
            token_id: String::new(),
            is_client: false,
        }))
    }

    #[test]
    fn what_operators_see_is_kept_by_nobody_else() {
        assert_eq!(caller("catalog:write").caching(), Caching::Private);
        for other in [Viewer(None), caller(""), caller("stock:write orders:write")] {
            assert_eq!(other.caching(), Caching::Public(MAX_AGE));
        }
    }

    #[test]
    fn only_operators_see_what_is_not_active() {
        let operator = caller("catalog:write");
        assert_eq!(operator.view(None).unwrap(), View::All);
        assert_eq!(operator.view(Some(true)).unwrap(), View::Active);
        assert_eq!(operator.view(Some(false)).unwrap(), View::Inactive);
        for other in [Viewer(None), caller(""), caller("stock:write orders:write")] {
            assert_eq!(other.view(None).unwrap(), View::Active);
            assert_eq!(other.view(Some(true)).unwrap(), View::Active);
        }
        assert_eq!(Viewer(None).view(Some(false)).unwrap_err().kind, Kind::Unauthenticated);
        assert_eq!(caller("stock:write").view(Some(false)).unwrap_err().kind, Kind::Forbidden);
    }
}
