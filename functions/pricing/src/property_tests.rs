//! Properties of every priced basket, in currencies of 0, 2 and 3 decimals.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::*;
use crate::basket::{BasketLine, ShippingNeed};
use crate::promotion::PromotionKind;
use crate::share::{Part, Portion, share_of};
use crate::testing::*;

/// One currency for each number of decimals.
const CURRENCIES: [&str; 3] = ["JPY", "RUB", "KWD"];

fn lines(code: &'static str) -> impl Strategy<Value = Vec<BasketLine>> {
    let category = select(vec![None, Some("books"), Some("toys")]);
    let needs = select(vec![ShippingNeed::Never, ShippingNeed::WhereAddressed, ShippingNeed::Always]);
    let part = (1_u32..=12, prop_oneof![0_i64..200, 0_i64..5_000_000], category, needs);
    prop::collection::vec(part, 0..6).prop_map(move |parts| {
        let line = |(index, (quantity, price, category, shipping)): (
            usize,
            (u32, i64, Option<&str>, ShippingNeed),
        )| BasketLine {
            category: category.map(|category| category.parse().unwrap()),
            tax_category: category.unwrap_or("standard").parse().unwrap(),
            shipping,
            ..line(&format!("S{index}"), quantity, price, code)
        };
        parts.into_iter().enumerate().map(line).collect()
    })
}

fn promotions(code: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let benefit = prop_oneof![
        (1_i64..=10_000).prop_map(|value| json!({"kind": "percentage", "value": value})),
        (1_i64..10_000_000)
            .prop_map(move |value| json!({"kind": "amount", "value": value, "currency": code})),
        Just(json!({"kind": "free_shipping"})),
        (1_i64..4, 1_i64..4, 1_i64..=10_000).prop_map(|(buy, get, value)| {
            json!({"kind": "buy_x_get_y", "buyQuantity": buy, "getQuantity": get, "value": value})
        }),
    ];
    let categories = select(vec![json!([]), json!(["books"]), json!(["books", "toys"])]);
    let one = (benefit, any::<bool>(), categories).prop_map(|(benefit, stackable, categories)| {
        with(benefit, json!({"stackable": stackable, "conditions": {"categories": categories}}))
    });
    prop::collection::vec(one, 0..6)
}

/// Rates of the destination: for all goods, for books and for shipping.
fn rates() -> impl Strategy<Value = Vec<Value>> {
    let rate =
        |category: &'static str| prop::option::of(0_i64..=10_000).prop_map(move |rate| (category, rate));
    (any::<bool>(), rate("standard"), rate("books"), rate("shipping")).prop_map(|(included, a, b, c)| {
        let of = |(category, rate): (&str, Option<i64>)| {
            rate.map(|rate| json!({"country": "DE", "taxCategory": category, "rate": rate, "includedInPrices": included}))
        };
        [a, b, c].into_iter().filter_map(of).collect()
    })
}

#[derive(Debug, Clone)]
struct Case {
    basket: Basket,
    methods: Vec<ShippingMethod>,
    rates: Vec<Value>,
    promotions: Vec<Promotion>,
}

impl Case {
    fn settings(&self, promotions: Vec<Promotion>) -> Settings {
        let rates = self.rates.iter().enumerate();
        let rates = rates.map(|(index, rate)| tax_rate(&format!("t{index}"), rate.clone())).collect();
        settings(self.methods.clone(), rates, promotions)
    }

    fn price(&self) -> Priced {
        price(&self.basket, &self.settings(self.promotions.clone()), now()).unwrap()
    }
}

fn cases() -> impl Strategy<Value = Case> {
    select(CURRENCIES.to_vec()).prop_flat_map(|code| {
        let shipping = (0_i64..100_000, prop::option::of(0_i64..5_000_000));
        (lines(code), promotions(code), rates(), shipping, any::<bool>(), any::<bool>()).prop_map(
            move |(lines, promotions, rates, (charge, free_from), chosen, placed)| {
                let changes = json!({"currency": code, "rates": [{"price": charge}], "freeFrom": free_from});
                let mut basket = Basket { currency: currency(code), ..basket(lines) };
                basket.shipping_method = chosen.then(|| "parcel".to_owned());
                basket.destination = basket.destination.filter(|_| placed);
                let numbered = promotions.into_iter().enumerate();
                let promotions =
                    numbered.map(|(index, draft)| promotion(&format!("p{index}"), draft)).collect();
                Case { basket, methods: vec![method("parcel", with(parcel(), changes))], rates, promotions }
            },
        )
    })
}

/// The sums of the discounts and taxes of a derivation.
fn derived(steps: &[Step]) -> (i64, i64) {
    steps.iter().fold((0, 0), |(discount, tax), step| match step {
        Step::Promotion { amount, .. } => (discount + amount, tax),
        Step::Tax { amount, .. } => (discount, tax + amount),
        _ => (discount, tax),
    })
}

/// The kinds and ids of the promotions of a derivation.
fn applied(steps: &[Step]) -> Vec<(PromotionKind, SettingId)> {
    let promotion = |step: &Step| match step {
        Step::Promotion { kind, promotion_id, .. } => Some((*kind, promotion_id.clone())),
        _ => None,
    };
    steps.iter().filter_map(promotion).collect()
}

fn has_only_whole_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Array(values) => values.iter().all(has_only_whole_numbers),
        Value::Object(members) => members.values().all(has_only_whole_numbers),
        _ => true,
    }
}

proptest! {
    #[test]
    fn lines_and_shipping_add_up_to_the_totals(case in cases()) {
        let priced = case.price();
        let totals = priced.totals;
        let sum = |of: fn(&PricedLine) -> i64| priced.lines.iter().map(of).sum::<i64>();
        let shipping = priced.shipping.as_ref();
        let added = if priced.tax_included { 0 } else { totals.tax };
        prop_assert_eq!(totals.total, totals.subtotal - totals.discount + totals.shipping + added);
        prop_assert_eq!(totals.subtotal, sum(|line| line.subtotal));
        prop_assert_eq!(totals.discount, sum(|line| line.discount));
        prop_assert_eq!(totals.tax, sum(|line| line.tax) + shipping.map_or(0, |shipping| shipping.tax));
        prop_assert_eq!(totals.total, sum(|line| line.total) + shipping.map_or(0, |shipping| shipping.total));
        prop_assert_eq!(totals.shipping, shipping.map_or(0, |shipping| shipping.price - shipping.discount));
        let given: i64 = priced.promotions.iter().map(|used| used.amount).sum();
        prop_assert_eq!(given, totals.discount + shipping.map_or(0, |shipping| shipping.discount));
    }

    #[test]
    fn nothing_is_below_zero_and_every_figure_is_derived(case in cases()) {
        let priced = case.price();
        for line in &priced.lines {
            prop_assert!((0..=line.subtotal).contains(&line.discount));
            prop_assert!(line.tax >= 0 && line.total >= 0);
            prop_assert_eq!(derived(&line.derivation), (line.discount, line.tax));
        }
        if let Some(shipping) = &priced.shipping {
            prop_assert!((0..=shipping.price).contains(&shipping.discount));
            prop_assert!(shipping.tax >= 0 && shipping.total >= 0);
            prop_assert_eq!(derived(&shipping.derivation), (shipping.discount, shipping.tax));
        }
    }

    #[test]
    fn promotions_are_applied_by_kind_and_then_by_id(case in cases()) {
        let priced = case.price();
        for steps in priced.lines.iter().map(|line| &line.derivation).chain(priced.shipping.iter().map(|shipping| &shipping.derivation)) {
            let order = applied(steps);
            prop_assert!(order.is_sorted(), "{:?}", order);
        }
        let alone = |id: &SettingId| case.promotions.iter().any(|p| p.id == *id && !p.terms.stackable);
        let used: Vec<_> = priced.promotions.iter().filter(|used| used.outcome == PromotionOutcome::Used).collect();
        prop_assert!(used.len() <= 1 || !used.iter().any(|used| alone(&used.promotion_id)));
    }

    #[test]
    fn the_customer_pays_the_least_of_the_combinations(case in cases()) {
        let total = case.price().totals.total;
        let of = |promotions: Vec<Promotion>| price(&case.basket, &case.settings(promotions), now()).unwrap().totals.total;
        let (stackable, alone): (Vec<_>, Vec<_>) = case.promotions.iter().cloned().partition(|p| p.terms.stackable);
        let least = alone.into_iter().map(|promotion| of(vec![promotion])).chain([of(stackable)]).min();
        prop_assert_eq!(Some(total), least);
        prop_assert!(total <= of(Vec::new()), "no promotion makes a basket dearer");
    }

    #[test]
    fn the_order_in_which_settings_are_read_does_not_matter(case in cases(), seed in any::<Index>()) {
        let mut other = case.clone();
        if !other.promotions.is_empty() {
            let middle = seed.index(other.promotions.len());
            other.promotions.rotate_left(middle);
            other.rates.reverse();
        }
        let ids_apart = |priced: Priced| (priced.totals, priced.promotions);
        prop_assert_eq!(ids_apart(other.price()), ids_apart(case.price()));
    }

    #[test]
    fn a_code_in_any_spelling_is_the_automatic_promotion(case in cases(), upper in any::<bool>()) {
        let automatic = case.price().totals;
        let mut coded = case;
        for (index, promotion) in coded.promotions.iter_mut().enumerate() {
            let code = format!("code-{index}");
            promotion.terms.code = Some(code.parse().unwrap());
            let sent = if upper { code.to_uppercase() } else { format!("  {code}\t") };
            coded.basket.promotion_codes.push(sent);
        }
        match price(&coded.basket, &coded.settings(coded.promotions.clone()), now()) {
            Ok(priced) => prop_assert_eq!(priced.totals, automatic),
            Err(PricingRefusal::Promotions(refused)) => {
                let silent = ["no_matching_products", "too_few_units", "nothing_to_ship"];
                for refused in refused {
                    prop_assert!(silent.contains(&refused.reason.code()), "{:?}", refused);
                }
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn any_sequence_of_refunds_adds_up_to_the_payment(case in cases(), cuts in prop::collection::vec(any::<Index>(), 0..60), when in 0_usize..12) {
        let priced = case.price();
        let mut refunded = Portion { quantities: vec![0; priced.lines.len()], shipping: false };
        let mut cuts = cuts.into_iter();
        let mut paid_back = 0;
        let mut by_line = vec![Part::default(); priced.lines.len()];
        for round in 0..12 {
            let left = |index: usize, before: u32| priced.lines[index].quantity.get() - before;
            let take = |(index, before): (usize, &u32)| match cuts.next() {
                Some(cut) if round < 11 => u32::try_from(cut.index(left(index, *before) as usize + 1)).unwrap(),
                _ => left(index, *before),
            };
            let quantities: Vec<u32> = refunded.quantities.iter().enumerate().map(take).collect();
            let now = Portion { quantities, shipping: round == when && priced.shipping.is_some() };
            let share = share_of(&priced, &refunded, &now).unwrap();
            for ((sum, part), taken) in by_line.iter_mut().zip(&share.lines).zip(&now.quantities) {
                prop_assert!(part.subtotal >= 0 && part.discount >= 0 && part.tax >= 0 && part.total >= 0);
                prop_assert!(*taken > 0 || *part == Part::default());
                let added = if priced.tax_included { 0 } else { part.tax };
                prop_assert_eq!(part.total, part.subtotal - part.discount + added);
                sum.subtotal += part.subtotal;
                sum.discount += part.discount;
                sum.tax += part.tax;
                sum.total += part.total;
            }
            paid_back += share.total;
            refunded.shipping |= now.shipping;
            refunded.quantities.iter_mut().zip(&now.quantities).for_each(|(sum, more)| *sum += more);
        }
        for (line, sum) in priced.lines.iter().zip(by_line) {
            let Part { subtotal, discount, tax, total } = sum;
            prop_assert_eq!((subtotal, discount, tax, total), (line.subtotal, line.discount, line.tax, line.total));
        }
        prop_assert_eq!(paid_back, priced.totals.total);
    }

    #[test]
    fn a_stored_price_is_read_back_and_has_no_fraction(case in cases()) {
        let priced = case.price();
        let stored = serde_json::to_value(&priced).unwrap();
        prop_assert!(has_only_whole_numbers(&stored), "{}", stored);
        prop_assert_eq!(serde_json::from_value::<Priced>(stored).unwrap(), priced);
    }
}
