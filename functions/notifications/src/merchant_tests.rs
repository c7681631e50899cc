//! Parameters that make a merchant, and those that do not.

use super::*;

/// A merchant with every parameter.
pub(crate) fn complete() -> Merchant {
    Merchant::new(
        "Чай & <Co>",
        "ул. Тверская, 1, Москва",
        "help@tea.example",
        "https://tea.example/orders/{number}?from=mail&x=1",
    )
    .unwrap()
}

/// A merchant with a name and no other parameter.
pub(crate) fn named(name: &str) -> Merchant {
    Merchant::new(name, "", "", "").unwrap()
}

#[test]
fn all_but_the_name_may_be_empty() {
    let merchant = named(" Tea ");
    assert_eq!((merchant.name(), merchant.address()), ("Tea", None));
    let number = OrderNumber::try_from(42).unwrap();
    assert_eq!((merchant.support(), merchant.order_page(number, None)), (None, None));
    let page = complete().order_page(number, None);
    assert_eq!(page.as_deref(), Some("https://tea.example/orders/42?from=mail&x=1"));
}

#[test]
fn a_support_contact_is_linked_to_by_its_kind() {
    for (text, href) in [
        ("help@tea.example", "mailto:help@tea.example"),
        ("+7 (495) 123-45-67", "tel:+74951234567"),
        ("8 800 100 00 00", "tel:88001000000"),
        ("https://tea.example/help?a=1&b=2", "https://tea.example/help?a=1&b=2"),
    ] {
        let merchant = Merchant::new("Tea", "", text, "").unwrap();
        let support = merchant.support().unwrap();
        assert_eq!((support.to_string().as_str(), support.href().as_str()), (text, href));
    }
}

#[test]
fn what_breaks_a_rule_is_named() {
    let (name, page) = ("a".repeat(MAX_MERCHANT_NAME + 1), "https://tea.example/{number}");
    for (given, fault) in [
        ([" ", "", "", ""], "MERCHANT_NAME"),
        ([&name, "", "", ""], "MERCHANT_NAME"),
        (["Tea\nCo", "", "", ""], "MERCHANT_NAME"),
        (["Tea\u{202e}", "", "", ""], "MERCHANT_NAME"),
        (["Tea", "a\nb", "", page], "MERCHANT_ADDRESS"),
        (["Tea", "", "call us", page], "SUPPORT_CONTACT"),
        (["Tea", "", "javascript:alert(1)", ""], "SUPPORT_CONTACT"),
        (["Tea", "", "-", ""], "SUPPORT_CONTACT"),
        (["Tea", "", "", "https://tea.example/orders"], "ORDER_PAGE_URL"),
        (["Tea", "", "", "http://tea.example/{number}"], "ORDER_PAGE_URL"),
        (["Tea", "", "", "https://tea.example/ {number}"], "ORDER_PAGE_URL"),
        (["Tea", "", "", "javascript:alert({number})"], "ORDER_PAGE_URL"),
    ] {
        let [name, address, support, order_page] = given;
        let found = Merchant::new(name, address, support, order_page);
        assert_eq!(found.map_err(|(parameter, _)| parameter), Err(fault), "{given:?}");
    }
}

#[test]
fn the_merchants_time_zone_is_one_of_the_database() {
    assert_eq!(named("Tea").zone(), &Zone::utc());
    let moscow = named("Tea").in_zone("europe/moscow").unwrap();
    assert_eq!(moscow.zone(), &crate::zone::tests::zone("Europe/Moscow"));
    for zone in ["", "Moscow", "+03:00"] {
        assert_eq!(named("Tea").in_zone(zone), Err(BrokenRule(TIME_ZONE_RULE)), "{zone}");
    }
}

#[test]
fn the_token_of_a_guest_is_in_the_fragment() {
    let number = OrderNumber::try_from(42).unwrap();
    let page = |page| Merchant::new("Tea", "", "", page).unwrap().order_page(number, Some("abc")).unwrap();
    assert_eq!(page("https://tea.example/{number}?a=b"), "https://tea.example/42?a=b#token=abc");
    assert_eq!(page("https://tea.example/#/{number}"), "https://tea.example/#/42&token=abc");
}
