//! A market of a test's own: a product with a promotion, and a region with a tax rate and a shipping method.

use serde_json::{Value, json};
use tokio::sync::RwLockReadGuard;
use uuid::Uuid;

use crate::harness::{Answer, Person, Product, delete, get, operator, product, put};
use crate::pricing::settings::{room, settings_are_effective};

/// A product at 100 roubles and the settings for it. The prices of the region contain a tax of 10 %, and shipping there costs 5 roubles.
pub(super) struct Market {
    pub(super) kettle: Product,
    /// The ids of the method and the tax rate, and the region.
    id: String,
    /// The ids of the promotions, which are their codes as well.
    promotions: Vec<String>,
    _room: RwLockReadGuard<'static, ()>,
}

async fn put_setting(path: &str, id: &str, body: &Value) {
    operator().await.ask(put(&format!("/api/v1/admin/{path}/{id}")).json(body)).await.expect(201);
}

async fn remove_setting(path: &str, id: &str) {
    assert_eq!(operator().await.ask(delete(&format!("/api/v1/admin/{path}/{id}"))).await.status, 204);
}

fn unique_id() -> String {
    format!("t-{}", Uuid::new_v4().simple())
}

impl Market {
    /// Opens a market with so many promotions of 10 %, with the members of `more` besides. Every function knows it then.
    pub(super) async fn open(promotions: usize, more: &Value) -> Self {
        let (room, id, kettle) = (room().await, unique_id(), product(10_000, 50).await);
        let rate = json!({
            "country": "AU", "region": id, "taxCategory": "standard", "rate": 1_000, "includedInPrices": true,
        });
        put_setting("tax-rates", &id, &rate).await;
        let method = json!({
            "name": {"en": "Parcel", "ru": "Посылка"}, "zones": [{"countries": ["AU"], "regions": [id]}],
            "currency": "RUB", "rateBy": "subtotal", "rates": [{"price": 500}], "minDays": 1, "maxDays": 3,
        });
        put_setting("shipping-methods", &id, &method).await;
        let promotions: Vec<String> = (0..promotions).map(|_| unique_id()).collect();
        for id in &promotions {
            let mut promotion = json!({
                "code": id, "kind": "percentage", "value": 1_000, "conditions": {"productIds": [kettle.sku]},
            });
            promotion.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            put_setting("promotions", id, &promotion).await;
        }
        settings_are_effective().await;
        Self { kettle, id, promotions, _room: room }
    }

    /// Removes its settings.
    pub(super) async fn close(self) {
        remove_setting("shipping-methods", &self.id).await;
        remove_setting("tax-rates", &self.id).await;
        for id in &self.promotions {
            remove_setting("promotions", id).await;
        }
    }

    /// The id of its shipping method.
    pub(super) fn method(&self) -> &str {
        &self.id
    }

    /// The code of one of its promotions in its one form.
    pub(super) fn code(&self, index: usize) -> String {
        self.promotions[index].to_uppercase()
    }

    /// The route of one of its codes in a cart.
    pub(super) fn path(&self, index: usize) -> String {
        path(&self.promotions[index])
    }

    /// The parameters that name its region.
    pub(super) fn destination(&self) -> String {
        format!("country=AU&region={}", self.id)
    }

    /// The members of an order that is sent there by its method.
    pub(super) fn delivery(&self) -> Value {
        json!({
            "country": "AU", "region": self.id, "city": "Sydney", "street": "1 George Street",
            "shippingMethodId": self.id,
        })
    }
}

/// The route of a code in a cart.
pub(super) fn path(code: &str) -> String {
    format!("/api/v1/cart/promotions/{code}")
}

/// Enters the code at `path`.
pub(super) async fn enter(person: &Person, path: &str) -> Answer {
    person.ask(put(path)).await
}

/// The cart with these parameters.
pub(super) async fn cart_with(person: &Person, query: &str) -> Answer {
    person.ask(get(&format!("/api/v1/cart?{query}"))).await
}

/// `cart` with the members of its prices, where no promotion, tax or shipping changes them.
pub(super) fn plainly_priced(mut cart: Value) -> Value {
    for line in cart["items"].as_array_mut().unwrap() {
        if line["purchasable"] == true {
            let total = line["price"].as_i64().unwrap() * line["quantity"].as_i64().unwrap();
            line["discount"] = json!(0);
            line["tax"] = json!(0);
            line["total"] = json!(total);
        }
    }
    if let Some(subtotal) = cart["totals"].get("subtotal").cloned() {
        for none in ["discount", "shipping", "tax"] {
            cart["totals"][none] = json!(0);
        }
        cart["totals"]["total"] = subtotal;
    }
    cart["taxIncluded"] = json!(true);
    cart["promotions"] = json!([]);
    cart["promotionCodes"] = json!([]);
    cart
}

/// Checks that the lines and the shipping of `cart` add up to its totals.
pub(super) fn adds_up(cart: &Value) {
    let number = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("{cart}"));
    let lines = cart["items"].as_array().unwrap();
    let sum = |name: &str| lines.iter().map(|line| number(&line[name])).sum::<i64>();
    let (totals, shipping) = (&cart["totals"], cart.get("shipping"));
    let of_shipping = |name: &str| shipping.map_or(0, |shipping| number(&shipping[name]));
    assert_eq!(number(&totals["discount"]), sum("discount"));
    assert_eq!(number(&totals["shipping"]), of_shipping("price") - of_shipping("discount"));
    assert_eq!(number(&totals["tax"]), sum("tax") + of_shipping("tax"));
    assert_eq!(number(&totals["total"]), sum("total") + of_shipping("total"));
}
