//! Delivery and billing addresses.

use kernel::address::{AddressLine, PostalAddress, PostalAddressBody};
use kernel::{FieldError, Problem};
use pricing::Destination;
use serde::{Deserialize, Serialize};

/// An address. All lines are trimmed and not empty. The short form has a country, by name or code, a region, a city and a street; the postal form was
/// complete by the rules of its country when it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The country: its code of ISO 3166-1 alpha-2 in the postal form, its name or code in the short one.
    pub country: String,
    /// The region, state or province; the postal form has one where the country needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The city, town or village.
    pub city: String,
    /// The street with house and flat.
    pub street: String,
    /// The second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The person who receives the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
    /// Their number in E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_phone: Option<String>,
}

impl From<&PostalAddress> for Address {
    fn from(address: &PostalAddress) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            country: address.country().to_string(),
            region: text(address.region()),
            city: address.city().to_owned(),
            street: address.street().to_owned(),
            street2: text(address.street2()),
            postal_code: text(address.postal_code()),
            recipient_name: Some(address.recipient_name().as_str().to_owned()),
            recipient_phone: Some(address.recipient_phone().as_str().to_owned()),
        }
    }
}

impl Address {
    /// The place that shipping and taxes are computed for; `None` when the country is not a code.
    pub fn destination(&self) -> Option<Destination> {
        Destination::parse(&self.country, self.region.as_deref(), self.postal_code.as_deref()).ok()
    }
}

/// The addresses of a request body.
#[derive(Clone, Default)]
pub struct AddressesBody {
    /// The short form of the delivery address, as members of the body itself.
    pub short: AddressBody,
    /// `shippingAddress`
    pub shipping: Option<PostalAddressBody>,
    /// `billingAddress`
    pub billing: Option<PostalAddressBody>,
}

/// The addresses of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The address that the goods are sent to.
    pub shipping: Option<Address>,
    /// The address that the bill is for, where it is another one.
    pub billing: Option<Address>,
}

impl AddressesBody {
    /// The addresses. With `needs_one`, a body without a delivery address is refused as one that lacks the members of the short form. Every bad member
    /// is named.
    pub fn parse(self, needs_one: bool) -> Result<Addresses, Problem> {
        let shipping = match self.shipping {
            Some(_) if !self.short.is_empty() => {
                let rule = "does not go with country, region, city and street";
                Err(Problem::invalid("/shippingAddress", rule))
            }
            Some(body) => body.parse("/shippingAddress").map(|address| Some(Address::from(&address))),
            None if needs_one => self.short.require().map(Some),
            None => self.short.parse(),
        };
        let billing = self.billing.map(|body| body.parse("/billingAddress")).transpose();
        let (shipping, billing) = Problem::both(shipping, billing)?;
        Ok(Addresses { shipping, billing: billing.as_ref().map(Address::from) })
    }
}

/// The short form as it stands in a request body: all four members, or none.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct AddressBody {
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
}

impl AddressBody {
    /// Takes the four members of a body.
    pub fn new(
        country: Option<String>,
        region: Option<String>,
        city: Option<String>,
        street: Option<String>,
    ) -> Self {
        Self { country, region, city, street }
    }

    /// The address; `None` when no member was sent. A missing or bad member is named.
    pub fn parse(self) -> Result<Option<Address>, Problem> {
        if self.is_empty() { Ok(None) } else { self.require().map(Some) }
    }

    /// Returns true when no member was sent.
    pub fn is_empty(&self) -> bool {
        [&self.country, &self.region, &self.city, &self.street].iter().all(|member| member.is_none())
    }

    /// Checks the members that were sent, each by itself. A bad one is named.
    pub fn check_given(&self) -> Result<(), Problem> {
        let members = [
            ("country", &self.country),
            ("region", &self.region),
            ("city", &self.city),
            ("street", &self.street),
        ];
        let errors: Vec<FieldError> = members
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .filter_map(|(name, value)| {
                let detail = check(value.clone()).err()?;
                Some(FieldError { pointer: format!("/{name}"), detail })
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_all(errors)) }
    }

    /// The address with the members that were sent, and those of `current` in the place of the others. The recipient stays; a second line goes with
    /// the street that it belongs to, and a postal code with the city.
    pub fn over(self, current: Option<&Address>) -> Result<Address, Problem> {
        let or = |member: Option<String>, part: fn(&Address) -> Option<&String>| {
            member.or_else(|| current.and_then(part).cloned())
        };
        let edited = Self {
            country: or(self.country, |address| Some(&address.country)),
            region: or(self.region, |address| address.region.as_ref()),
            city: or(self.city, |address| Some(&address.city)),
            street: or(self.street, |address| Some(&address.street)),
        };
        let edited = edited.require()?;
        let Some(current) = current else { return Ok(edited) };
        let short = |address: &Address| {
            [Some(&address.country), address.region.as_ref(), Some(&address.city), Some(&address.street)]
                .map(Option::<&String>::cloned)
        };
        if short(&edited) == short(current) {
            return Ok(current.clone());
        }
        let (recipient_name, recipient_phone) =
            (current.recipient_name.clone(), current.recipient_phone.clone());
        let is_same_city = short(&edited)[..3] == short(current)[..3];
        let postal_code = current.postal_code.clone().filter(|_| is_same_city);
        Ok(Address { postal_code, recipient_name, recipient_phone, ..edited })
    }

    /// The address, all of which has to be there. A missing or bad member is named.
    pub fn require(self) -> Result<Address, Problem> {
        let mut errors = Vec::new();
        let mut line = |name: &str, value: Option<String>| match check(value) {
            Ok(text) => text,
            Err(detail) => {
                errors.push(FieldError { pointer: format!("/{name}"), detail });
                String::new()
            }
        };
        let address = Address {
            country: line("country", self.country),
            region: Some(line("region", self.region)),
            city: line("city", self.city),
            street: line("street", self.street),
            ..Address::default()
        };
        if errors.is_empty() { Ok(address) } else { Err(Problem::invalid_all(errors)) }
    }
}

fn check(value: Option<String>) -> Result<String, String> {
    let text = value.ok_or("is required with the other parts of an address")?;
    text.parse::<AddressLine>().map(String::from)
}

#[cfg(test)]
mod tests {
    use kernel::text::ONE_LINE_RULE;

    use super::*;

    fn body(country: Option<&str>, city: &str) -> AddressBody {
        let text = |value: &str| Some(value.to_owned());
        AddressBody::new(
            country.map(str::to_owned),
            text("Московская область"),
            text(city),
            text("ул. Ленина, 1"),
        )
    }

    #[test]
    fn all_or_none() {
        assert_eq!(AddressBody::default().parse().unwrap(), None);
        assert_eq!(body(Some(" RU "), "Химки").parse().unwrap().unwrap().country, "RU");
        let problem = body(None, " ").parse().unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/country", "/city"]);
    }

    #[test]
    fn a_line_reads_as_what_it_says() {
        for city in ["Хим\u{202e}ки", "Хим\u{2028}ки", "Хим\nки", "Хим\0ки"] {
            let problem = body(Some("RU"), city).parse().unwrap_err();
            assert_eq!(
                (problem.errors[0].pointer.as_str(), problem.errors[0].detail.as_str()),
                ("/city", ONE_LINE_RULE)
            );
        }
    }

    #[test]
    fn an_edit_keeps_what_it_does_not_name() {
        let current = body(Some("RU"), "Химки").require().unwrap();
        let only_city = || AddressBody { city: Some("Тверь".to_owned()), ..AddressBody::default() };
        let edited = only_city().over(Some(&current)).unwrap();
        assert_eq!(edited, Address { city: "Тверь".to_owned(), ..current });
        let missing = only_city().over(None).unwrap_err();
        let pointers: Vec<_> = missing.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/country", "/region", "/street"]);
        assert_eq!(AddressBody::default().require().unwrap_err().errors.len(), 4);
    }
}
