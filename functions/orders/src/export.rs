//! Orders as CSV (RFC 4180): one row for each, with its goods, its sums, and the person that it is for.

use std::collections::HashMap;

use csv::{Terminator, WriterBuilder};
use kernel::contact::{Email, PersonName, Phone};
use kernel::{OrderId, Problem};
use pricing::SettingId;

use crate::address::Address;
use crate::order::Order;
use crate::store::Listed;

/// The most rows in one answer.
pub const MAX_EXPORT_ROWS: u32 = 1_000;
/// The columns of every list, named as its members.
const LISTED: [&str; 7] = ["id", "number", "status", "userId", "totalAmount", "currency", "createdAt"];
/// The goods and the sums.
const GOODS: [&str; 7] =
    ["items", "subtotal", "discount", "shipping", "tax", "shippingMethodId", "promotionCodes"];
/// The contact.
const CONTACT: [&str; 4] = ["email", "phone", "firstName", "lastName"];
/// The members of an address.
const ADDRESS: [&str; 8] =
    ["recipientName", "recipientPhone", "country", "region", "city", "street", "street2", "postalCode"];

/// The rows of `listed`, whose orders are `orders`; under a line of column names when `first`, so that the pages put one after the other make one file.
pub fn csv(listed: &[Listed], orders: &[Order], first: bool) -> Result<String, Problem> {
    let orders: HashMap<OrderId, &Order> = orders.iter().map(|order| (order.id, order)).collect();
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(columns()).map_err(Problem::internal)?;
    }
    for Listed { summary, user } in listed {
        let mut row = vec![
            summary.id.to_string(),
            summary.number.to_string(),
            summary.status.name().to_owned(),
            user.to_string(),
            summary.total_amount.to_string(),
            summary.currency.code().to_owned(),
            summary.created_at.to_string(),
        ];
        let order = orders.get(&summary.id);
        let order = order.ok_or_else(|| Problem::internal(format!("order {} is gone", summary.id)))?;
        row.extend(goods(order));
        row.extend(contact(order));
        row.extend(address(order.address.as_ref()));
        row.extend(address(order.buyer.billing_address.as_ref()));
        writer.write_record(row.into_iter().map(guarded)).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    String::from_utf8(bytes).map_err(Problem::internal)
}

/// The column names: those of the billing address begin with `billing`.
fn columns() -> Vec<String> {
    let plain = [&LISTED[..], &GOODS, &CONTACT, &ADDRESS].concat();
    let billing = ADDRESS.iter().map(|name| format!("billing{}{}", name[..1].to_uppercase(), &name[1..]));
    plain.into_iter().map(str::to_owned).chain(billing).collect()
}

fn goods(order: &Order) -> [String; GOODS.len()] {
    let items: Vec<String> =
        order.lines.iter().map(|line| format!("{} x {}", line.quantity, line.sku)).collect();
    let (totals, priced) = (order.totals(), order.pricing.as_ref().map(|pricing| &pricing.priced));
    let method = priced.and_then(|priced| priced.shipping.as_ref()).map(|shipping| &shipping.method_id);
    let promotions = priced.iter().flat_map(|priced| &priced.promotions);
    let codes: Vec<&str> =
        promotions.filter_map(|promotion| Some(promotion.code.as_ref()?.as_str())).collect();
    [
        items.join("; "),
        totals.subtotal.to_string(),
        totals.discount.to_string(),
        totals.shipping.to_string(),
        totals.tax.to_string(),
        method.map(SettingId::to_string).unwrap_or_default(),
        codes.join("; "),
    ]
}

fn contact(order: &Order) -> [String; CONTACT.len()] {
    let contact = order.buyer.contact.clone().unwrap_or_default();
    let name =
        |name: Option<PersonName>| name.as_ref().map(PersonName::as_str).unwrap_or_default().to_owned();
    [
        contact.email.as_ref().map(Email::as_str).unwrap_or_default().to_owned(),
        contact.phone.as_ref().map(Phone::as_str).unwrap_or_default().to_owned(),
        name(contact.first_name),
        name(contact.last_name),
    ]
}

fn address(address: Option<&Address>) -> [String; ADDRESS.len()] {
    let address = address.cloned().unwrap_or_default();
    [
        address.recipient_name.unwrap_or_default(),
        address.recipient_phone.unwrap_or_default(),
        address.country,
        address.region.unwrap_or_default(),
        address.city,
        address.street,
        address.street2.unwrap_or_default(),
        address.postal_code.unwrap_or_default(),
    ]
}

/// A cell that no spreadsheet takes for a formula: what begins like one is preceded by an apostrophe (OWASP, CSV injection).
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use kernel::contact::Contact;

    use super::*;
    use crate::order::tests::placed;
    use crate::store::OrderSummary;

    const HEADER: &str = "id,number,status,userId,totalAmount,currency,createdAt,\
        items,subtotal,discount,shipping,tax,shippingMethodId,promotionCodes,email,phone,firstName,lastName,\
        recipientName,recipientPhone,country,region,city,street,street2,postalCode,\
        billingRecipientName,billingRecipientPhone,billingCountry,billingRegion,billingCity,billingStreet,billingStreet2,billingPostalCode\r\n";

    fn listed(order: &Order) -> Listed {
        let summary = OrderSummary {
            id: order.id,
            number: order.number,
            status: order.status(),
            total_amount: order.total.amount(),
            currency: order.total.currency(),
            created_at: order.created_at,
        };
        Listed { summary, user: order.user_id }
    }

    #[test]
    fn pages_put_together_make_one_file() {
        let order = placed();
        let orders = [order.clone()];
        let page = |first| csv(&[listed(&order)], &orders, first).unwrap();
        assert_eq!(page(true), format!("{HEADER}{}", page(false)));
        assert_eq!(csv(&[], &[], true).unwrap(), HEADER);
        assert_eq!(csv(&[], &[], false).unwrap(), "");
        assert!(csv(&[listed(&order)], &[], false).is_err(), "nothing is left out in silence");
    }

    #[test]
    fn a_row_has_the_goods_the_contact_and_both_addresses() {
        let mut order = placed();
        let contact = Contact {
            email: Some("anna@example.com".parse().unwrap()),
            phone: Some("+79991234567".parse().unwrap()),
            ..Contact::default()
        };
        order.buyer.contact = Some(contact);
        order.buyer.billing_address = order.address.clone();
        let file = csv(&[listed(&order)], &[order.clone()], true).unwrap();
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        let names = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let cell = |name: &str| &row[names.iter().position(|known| known == name).unwrap()];
        assert_eq!(row.len(), names.len());
        let line = &order.lines[0];
        assert_eq!(cell("items"), format!("{} x {}", line.quantity, line.sku));
        assert_eq!((cell("subtotal"), cell("tax"), cell("shippingMethodId")), ("3000", "0", ""));
        assert_eq!((cell("email"), cell("phone")), ("anna@example.com", "'+79991234567"));
        assert_eq!((cell("street"), cell("billingCity")), ("ул. Тверская, 1", "Москва"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+7", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(guarded(cell.to_owned()), format!("'{cell}"));
        }
        for cell in ["", "42", "paid", "2023-11-14"] {
            assert_eq!(guarded(cell.to_owned()), cell);
        }
    }
}
