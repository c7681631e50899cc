//! Address books under every order of changes.

use kernel::address::PostalAddressBody;
use proptest::prelude::*;

use super::*;

fn address(street: &str) -> PostalAddress {
    let text = |text: &str| Some(text.to_owned());
    let body = PostalAddressBody {
        recipient_name: text("Ada"),
        recipient_phone: text("+79991234567"),
        country: text("RU"),
        region: text("Москва"),
        city: text("Москва"),
        street: text(street),
        postal_code: text("125009"),
        ..PostalAddressBody::default()
    };
    body.parse("").unwrap()
}

fn id(number: usize) -> AddressId {
    AddressId::derived(&number.to_string())
}

fn empty() -> AddressBook {
    AddressBook::new(Vec::new(), None)
}

/// The book with the address `number`, saved at that second.
fn saved(book: &AddressBook, number: usize, is_default: bool) -> AddressBook {
    let now = Timestamp::from_millis(i64::try_from(number).unwrap() * 1_000);
    book.with(id(number), &address("ул. Тверская, 1"), is_default, now).unwrap()
}

#[test]
fn the_first_address_is_the_default_until_another_is_chosen() {
    let one = saved(&empty(), 1, false);
    assert_eq!(one.default, Some(id(1)));
    let two = saved(&one, 2, false);
    assert_eq!(two.default, Some(id(1)));
    let chosen = saved(&two, 2, true);
    assert_eq!(chosen.default, Some(id(2)));
    assert_eq!(saved(&chosen, 2, false), chosen, "a default address stays one");
    let order: Vec<AddressId> = saved(&chosen, 3, false).into_views().iter().map(|view| view.id).collect();
    assert_eq!(order, [id(2), id(1), id(3)], "the default one comes first");
}

#[test]
fn the_oldest_address_left_follows_a_deleted_default() {
    let book = (1..=3).fold(empty(), |book, number| saved(&book, number, number == 3));
    assert_eq!(book.without(id(3)).default, Some(id(1)));
    assert_eq!(book.without(id(1)).default, Some(id(3)));
    assert_eq!(book.without(id(3)).without(id(1)).without(id(2)), empty());
    assert_eq!(book.without(id(4)), book);
}

#[test]
fn a_book_has_an_end() {
    let full = (0..MAX_ADDRESSES).fold(empty(), |book, number| saved(&book, number, false));
    let another = full.with(id(MAX_ADDRESSES), &address("1"), true, Timestamp::from_millis(0));
    assert_eq!(another, Err(AccountRefusal::TooManyAddresses { limit: MAX_ADDRESSES }));
    let other = full.with(id(0), &address("2"), false, Timestamp::from_millis(9)).unwrap();
    assert_eq!(other.find(id(0)).map(|saved| saved.created_at), Some(Timestamp::from_millis(0)));
    assert_ne!(other, full);
}

#[test]
fn a_book_that_was_read_in_two_states_has_one_default() {
    let book = saved(&saved(&empty(), 1, false), 2, false);
    assert_eq!(AddressBook::new(book.addresses.clone(), Some(id(3))).default, Some(id(1)));
    assert_eq!(AddressBook::new(book.addresses, None).default, Some(id(1)));
    assert_eq!(AddressBook::new(Vec::new(), Some(id(3))), empty());
}

proptest! {
    #[test]
    fn a_book_with_addresses_has_exactly_one_default(
        changes in proptest::collection::vec((0_usize..5, any::<bool>(), any::<bool>()), 0..40),
    ) {
        let mut book = empty();
        for (number, is_put, is_default) in changes {
            book = if is_put { saved(&book, number, is_default) } else { book.without(id(number)) };
            let views = book.clone().into_views();
            prop_assert_eq!(views.iter().filter(|view| view.is_default).count(), usize::from(!views.is_empty()));
            prop_assert!(views.first().is_none_or(|first| first.is_default));
            prop_assert!(!is_put || !is_default || book.default == Some(id(number)));
        }
    }
}
