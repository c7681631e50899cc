//! The members that every route which places an order takes beside goods and payment.

use std::collections::BTreeMap;

use kernel::address::PostalAddressBody;
use kernel::contact::ContactBody;
use kernel::{FieldError, Problem};
use orders::Buyer;
use orders::address::{AddressBody, AddressesBody};
use orders::buyer::contact;
use orders::details::DetailsBody;
use platform::origins::Origins;
use pricing::basket::MAX_PROMOTION_CODES;

use crate::place::Sale;

/// The longest id of a shipping method or promotion code that is looked at, in characters.
const MAX_NAME: usize = 100;

/// The members of a body.
#[derive(Default)]
pub(super) struct SaleBody {
    pub(super) short_address: AddressBody,
    pub(super) shipping_address: Option<PostalAddressBody>,
    pub(super) billing_address: Option<PostalAddressBody>,
    pub(super) contact: Option<ContactBody>,
    pub(super) shipping_method_id: Option<String>,
    pub(super) promotion_codes: Option<Vec<String>>,
    pub(super) note: Option<String>,
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) return_url: Option<String>,
}

impl SaleBody {
    /// The sale. The faults of all members are named together.
    pub(super) fn parse(self, origins: &Origins, needs_address: bool) -> Result<Sale, Problem> {
        let details = DetailsBody { note: self.note, metadata: self.metadata, return_url: self.return_url };
        let addresses = AddressesBody {
            short: self.short_address,
            shipping: self.shipping_address,
            billing: self.billing_address,
        };
        let people = Problem::both(addresses.parse(needs_address), contact(self.contact));
        let codes = self.promotion_codes.unwrap_or_default();
        let named = check_names(self.shipping_method_id.as_ref(), &codes);
        let ((details, ()), (addresses, contact)) =
            Problem::both(Problem::both(details.parse(origins), named), people)?;
        Ok(Sale {
            address: addresses.shipping,
            buyer: Buyer { contact, billing_address: addresses.billing, guest: None },
            details,
            shipping_method: self.shipping_method_id,
            promotion_codes: codes,
        })
    }
}

/// A name that is too long for any method or code is a fault of the request; of the others, the settings decide.
fn check_names(method: Option<&String>, codes: &[String]) -> Result<(), Problem> {
    let rule = format!("must be at most {MAX_NAME} characters");
    let is_long = |text: &String| text.chars().count() > MAX_NAME;
    let mut errors = Vec::new();
    if method.is_some_and(is_long) {
        errors.push(FieldError { pointer: "/shippingMethodId".to_owned(), detail: rule.clone() });
    }
    if codes.len() > MAX_PROMOTION_CODES {
        let detail = format!("must have at most {MAX_PROMOTION_CODES} codes");
        errors.push(FieldError { pointer: "/promotionCodes".to_owned(), detail });
    }
    let long = codes.iter().take(MAX_PROMOTION_CODES).enumerate().filter(|(_, code)| is_long(code));
    errors.extend(
        long.map(|(index, _)| FieldError {
            pointer: format!("/promotionCodes/{index}"),
            detail: rule.clone(),
        }),
    );
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_all(errors)) }
}
