use super::*;

fn draft(country: &str, region: Option<&str>, category: &str, rate: i64, included: bool) -> TaxRateDraft {
    TaxRateDraft {
        country: country.to_owned(),
        region: region.map(str::to_owned),
        tax_category: category.to_owned(),
        rate,
        included_in_prices: included,
        receipt_vat_code: None,
    }
}

fn rate(id: &str, draft: TaxRateDraft) -> TaxRate {
    Setting { id: id.parse().unwrap(), version: 1, terms: draft.try_into().unwrap() }
}

fn pointers<T>(result: Result<T, Problem>) -> Vec<String> {
    result.err().into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
}

#[test]
fn every_member_at_fault_is_named() {
    let mut bad = draft("Deutschland", Some(""), "Books", 10_001, true);
    bad.receipt_vat_code = Some(0);
    let found = pointers(TaxTerms::try_from(bad));
    assert_eq!(found, ["/country", "/region", "/taxCategory", "/rate", "/receiptVatCode"]);
    for rate in [0, 10_000] {
        assert!(TaxTerms::try_from(draft("DE", None, "standard", rate, true)).is_ok(), "{rate}");
    }
    assert_eq!(pointers(TaxTerms::try_from(draft("DE", None, "standard", -1, true))), ["/rate"]);
    let mut highest = draft("RU", None, "standard", 2_200, true);
    for (code, fits) in [(1, true), (MAX_RECEIPT_VAT_CODE, true), (MAX_RECEIPT_VAT_CODE + 1, false)] {
        highest.receipt_vat_code = Some(code);
        assert_eq!(TaxTerms::try_from(highest.clone()).is_ok(), fits, "{code}");
    }
}

#[test]
fn a_rate_is_stored_as_it_is_sent() {
    let terms: TaxTerms = draft("us", Some("US-CA"), "standard", 725, false).try_into().unwrap();
    let stored = serde_json::to_value(&terms).unwrap();
    let expected = serde_json::json!({"country": "US", "region": "CA", "taxCategory": "standard", "rate": 725, "includedInPrices": false});
    assert_eq!(stored, expected);
    assert_eq!(serde_json::from_value::<TaxTerms>(stored).unwrap(), terms);
}

#[test]
fn one_place_has_one_kind() {
    let country = rate("us", draft("US", None, "standard", 0, false));
    let included = |region| rate("other", draft("US", region, "books", 400, true));
    for region in [None, Some("NY")] {
        assert_eq!(pointers(TaxTable::new([country.clone(), included(region)])), ["/1/includedInPrices"]);
        assert_eq!(pointers(TaxTable::new([included(region), country.clone()])), ["/1/includedInPrices"]);
    }
    let california = rate("ca", draft("US", Some("CA"), "standard", 725, false));
    assert!(TaxTable::new([california.clone(), included(Some("NY"))]).is_ok(), "no place has both");
    assert_eq!(pointers(TaxTable::new([california, included(Some("CA"))])), ["/1/includedInPrices"]);
}

#[test]
fn a_second_rate_for_the_same_goods_is_refused() {
    let first = rate("de", draft("DE", None, "standard", 1_900, true));
    let table = TaxTable::new([first.clone()]).unwrap();
    let changed = Setting { version: 2, ..rate("de", draft("DE", None, "standard", 1_600, true)) };
    assert_eq!(table.check(&changed), Ok(()), "a rate replaces itself");
    let second = rate("de-2", draft("DE", None, "standard", 1_600, true));
    assert_eq!(pointers(table.check(&second)), ["/taxCategory"]);
    assert!(table.check(&rate("de-3", draft("DE", Some("BY"), "standard", 1_600, true))).is_ok());
}

#[test]
fn a_table_has_an_end() {
    let many = |count: usize| {
        (0..count).map(|number| {
            rate(&format!("r{number}"), draft("DE", Some(&format!("R{number}")), "standard", 1, true))
        })
    };
    assert!(TaxTable::new(many(MAX_TAX_RATES)).is_ok());
    let index = MAX_TAX_RATES;
    assert_eq!(pointers(TaxTable::new(many(index + 1))), [format!("/{index}")]);
}

#[test]
fn the_most_specific_rate_wins() {
    let table = TaxTable::new([
        rate("us", draft("US", None, "standard", 100, false)),
        rate("us-books", draft("US", None, "books", 50, false)),
        rate("ca", draft("US", Some("CA"), "standard", 725, false)),
        rate("ca-shipping", draft("US", Some("CA"), "shipping", 0, false)),
    ])
    .unwrap();
    let chosen = |region, category: &str| {
        let place = Destination::parse("US", region, None).unwrap();
        table.rate_for(&place, &category.parse().unwrap()).unwrap().id.to_string()
    };
    assert_eq!(chosen(Some("CA"), "standard"), "ca");
    assert_eq!(chosen(Some("CA"), "toys"), "ca", "a category without a rate is taxed as standard");
    assert_eq!(chosen(Some("CA"), "books"), "us-books", "the category decides before the region");
    assert_eq!(chosen(Some("CA"), "shipping"), "ca-shipping");
    assert_eq!(chosen(Some("NY"), "shipping"), "us");
    assert_eq!(chosen(None, "standard"), "us");
    let germany = Destination::parse("DE", None, None).unwrap();
    assert_eq!(table.rate_for(&germany, &TaxCategory::standard()), None);
    assert!(table.is_included(Some(&germany)) && table.is_included(None));
    assert!(!table.is_included(Some(&Destination::parse("US", None, None).unwrap())));
}
