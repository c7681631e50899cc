//! Delivery addresses.

use kernel::address::AddressLine;
use kernel::{FieldError, Problem};
use serde::{Deserialize, Serialize};

/// A delivery address. All lines are trimmed and not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The country, by name or code.
    pub country: String,
    /// The region, state or province.
    pub region: String,
    /// The city, town or village.
    pub city: String,
    /// The street with house and flat.
    pub street: String,
}

/// An address as it stands in a request body: all four members, or none.
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

    /// The members that were sent, and those of `current` in the place of the others.
    #[must_use]
    pub fn over(self, current: Option<&Address>) -> Self {
        let or = |member: Option<String>, part: fn(&Address) -> &String| {
            member.or_else(|| current.map(|address| part(address).clone()))
        };
        Self {
            country: or(self.country, |address| &address.country),
            region: or(self.region, |address| &address.region),
            city: or(self.city, |address| &address.city),
            street: or(self.street, |address| &address.street),
        }
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
            region: line("region", self.region),
            city: line("city", self.city),
            street: line("street", self.street),
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
        let edited = only_city().over(Some(&current)).require().unwrap();
        assert_eq!(edited, Address { city: "Тверь".to_owned(), ..current });
        let missing = only_city().over(None).require().unwrap_err();
        let pointers: Vec<_> = missing.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/country", "/region", "/street"]);
        assert_eq!(AddressBody::default().require().unwrap_err().errors.len(), 4);
    }
}
