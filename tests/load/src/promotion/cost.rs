//! What an order asks of DynamoDB: of goods alone, and with shipping, taxes and a promotion. Orders are placed one after another, so that none meets
//! another one and the figures do not depend on the machine.

use kernel::{Quantity, Sku};
use ordering::place::{PlaceOrder, Sale};
use orders::Address;
use orders::draft::MAX_ORDER_LINES;
use serde_json::json;
use stock::Line;

use super::checkout::{CODE, OrderRequest, Response, add_products, put_promotion, put_sample_settings};
use crate::Failure;
use crate::books::Books;
use crate::report::{Table, ratio};
use crate::server::Counts;
use crate::shop::{self, Shop, sku};

/// The lanes of each product.
const LANES: u16 = 1;
/// The shipping method of the sample settings that the orders have.
const SHIPPING_METHOD: &str = "courier-ru";
/// The most uses of the promotion: more than there are orders.
const USES: usize = 1_000_000;

/// What orders of one kind cost, all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The kind of orders.
    pub kind: &'static str,
    /// Lines of each order.
    pub lines: usize,
    /// Orders.
    pub orders: u64,
    /// Requests to DynamoDB.
    pub calls: u64,
    /// Thousandths of read units.
    pub read_units: u64,
    /// Thousandths of write units.
    pub write_units: u64,
}

/// Places `orders` orders of each kind and returns their costs. Orders of goods alone are placed while the merchant has no settings.
pub async fn costs(orders: u64) -> Result<Vec<Cost>, Failure> {
    let mut shop = Shop::open().await?;
    let skus = (0..MAX_ORDER_LINES).map(|index| sku(&format!("SKU-{index}")));
    let skus = skus.collect::<Result<Vec<Sku>, _>>()?;
    add_products(&mut shop, &skus, LANES).await?;
    let (one, all) = (&skus[..1], &skus[..]);
    let shipped = Sale {
        address: Some(address()?),
        shipping_method: Some(SHIPPING_METHOD.to_owned()),
        ..Sale::default()
    };
    let discounted = Sale { promotion_codes: vec![CODE.to_owned()], ..shipped.clone() };

    let mut goods_alone = Vec::new();
    for skus in [one, all] {
        goods_alone.push(cost(&shop, "goods alone", skus, &Sale::default(), orders).await?);
    }
    put_sample_settings(&shop).await?;
    put_promotion(&shop, USES).await?;
    let mut costs = Vec::new();
    for (goods, skus) in goods_alone.into_iter().zip([one, all]) {
        costs.push(goods);
        costs.push(cost(&shop, "with an address, shipping and taxes", skus, &shipped, orders).await?);
        costs.push(cost(&shop, "the same with a limited code", skus, &discounted, orders).await?);
    }
    Books::read(&shop.server)?.check(&shop.opening)?;
    Ok(costs)
}

/// Measures orders of one piece of each of `skus`. One order before them has the process read its settings.
async fn cost(
    shop: &Shop,
    kind: &'static str,
    skus: &[Sku],
    sale: &Sale,
    orders: u64,
) -> Result<Cost, Failure> {
    let place_order = PlaceOrder::connect(&shop.init).await.map_err(Failure::new)?;
    let line = |sku: &Sku| Line { sku: sku.clone(), quantity: Quantity::ONE };
    let mut before = Counts::default();
    for index in 0..=orders {
        let request = OrderRequest::new(skus.iter().map(line).collect(), sale.clone())?;
        let response = request.send(&place_order).await?.response;
        if response != Response::Placed {
            return Err(Failure::new(format!("an order {kind} was not placed: {response:?}")));
        }
        if index == 0 {
            before = shop.server.counts();
        }
    }
    let counts = shop.server.counts().since(&before);
    if counts.of("UpdateItem").calls > 0 {
        return Err(Failure::new("the units of UpdateItem are not reported"));
    }
    let read_units = ["GetItem", "BatchGetItem", "Query"].map(|operation| counts.of(operation).units);
    Ok(Cost {
        kind,
        lines: skus.len(),
        orders,
        calls: counts.total().calls,
        read_units: read_units.iter().sum(),
        write_units: counts.of("TransactWriteItems").units,
    })
}

/// An address in Moscow, as a customer sends it.
fn address() -> Result<Address, Failure> {
    let body = json!({
        "recipientName": "Анна Каренина", "recipientPhone": "+79991234567", "country": "RU", "region": "Москва",
        "city": "Москва", "street": "ул. Тверская, 1", "postalCode": "125009",
    });
    let body: kernel::address::PostalAddressBody = serde_json::from_value(body).map_err(Failure::new)?;
    Ok(Address::from(&body.parse("/shippingAddress").map_err(shop::problem)?))
}

/// The costs of one order of each kind, and their ratios to those of goods alone with as many lines.
pub fn table(costs: &[Cost]) -> Table {
    let mut table = Table::new(&[
        "order",
        "lines",
        "calls",
        "of goods alone",
        "read units",
        "of goods alone",
        "write units",
        "of goods alone",
    ]);
    for cost in costs {
        // The first one of as many lines.
        let goods = costs.iter().find(|other| other.lines == cost.lines).unwrap_or(cost);
        table.row(vec![
            cost.kind.to_owned(),
            cost.lines.to_string(),
            ratio(cost.calls, cost.orders),
            ratio(cost.calls, goods.calls),
            ratio(cost.read_units, cost.orders * 1_000),
            ratio(cost.read_units, goods.read_units),
            ratio(cost.write_units, cost.orders * 1_000),
            ratio(cost.write_units, goods.write_units),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pricing_adds_no_call_and_few_units() {
        let costs = costs(2).await.unwrap();
        assert_eq!(costs.len(), 6);
        for of_as_many_lines in costs.chunks(3) {
            let [goods, shipped, discounted] = of_as_many_lines else { panic!("{costs:?}") };
            assert_eq!((shipped.calls, discounted.calls), (goods.calls, goods.calls), "{costs:?}");
            assert_eq!((shipped.read_units, discounted.read_units), (goods.read_units, goods.read_units));
            assert!(goods.write_units < shipped.write_units, "{costs:?}");
            assert!(shipped.write_units < discounted.write_units, "{costs:?}");
        }
    }
}
