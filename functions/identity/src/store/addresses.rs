//! Saved addresses: `USER#<id>` / `ADDRESS#<id>`.

use kernel::address::PostalAddress;
use kernel::ids::AddressId;
use kernel::{Problem, Timestamp, UserId};
use platform::dynamo::{Expression, Rows, Write};
use serde::{Deserialize, Serialize};

use super::{Profile, Store, address_key, user_partition};
use crate::address_book::SavedAddress;

/// The prefix of an address's sort key.
pub(super) const ADDRESS_PREFIX: &str = "ADDRESS#";

/// An address and its key.
#[derive(Deserialize)]
struct AddressRow {
    #[serde(rename = "SK")]
    sk: String,
    #[serde(flatten)]
    item: AddressItem,
}

impl AddressRow {
    fn into_saved(self) -> Result<SavedAddress, Problem> {
        let id = self.sk.strip_prefix(ADDRESS_PREFIX).and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Problem::internal("the key of an address is damaged"))?;
        Ok(SavedAddress { id, address: self.item.address, created_at: self.item.created_at })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressItem {
    address: PostalAddress,
    created_at: Timestamp,
}

impl Store {
    /// The saved addresses of `user`: at most [`crate::address_book::MAX_ADDRESSES`].
    pub(crate) async fn addresses(&self, user: UserId) -> Result<Vec<SavedAddress>, Problem> {
        let query = self.table.query(user_partition(user)).begins_with("SK", ADDRESS_PREFIX);
        let rows: Rows<AddressRow> = query.rows().await?;
        rows.items.into_iter().map(AddressRow::into_saved).collect()
    }

    /// Keeps `saved`, in the place of the address with its id if there is one.
    pub(crate) fn put_address<R>(
        &self,
        user: UserId,
        saved: &SavedAddress,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let item = AddressItem { address: saved.address.clone(), created_at: saved.created_at };
        self.table.put_when(&address_key(user, saved.id), &item, Expression::default(), refusal)
    }

    /// Deletes an address whether or not it is still there.
    pub(crate) fn drop_address<R>(
        &self,
        user: UserId,
        address: AddressId,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        self.table.delete(&address_key(user, address), Expression::default(), refusal)
    }

    /// Makes `default` the default address of the account that `profile` shows, and counts the change; `refusal` when it is not at that version any
    /// more.
    pub(crate) fn set_default_address<R>(
        &self,
        user: UserId,
        profile: &Profile,
        default: Option<AddressId>,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let update = match default {
            Some(id) => {
                Expression::update("SET version = :next, defaultAddress = :default").value(":default", id)?
            }
            None => Expression::update("SET version = :next REMOVE defaultAddress"),
        };
        self.change(user, profile, update, refusal)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Items are read for as long as there is data, also those whose phone number a stricter rule would refuse.
    #[test]
    fn an_address_is_read_back_as_it_was_written() {
        let address = json!({
            "recipientName": "Ada", "recipientPhone": "+7999", "country": "RU", "region": "Москва", "city": "Москва",
            "street": "ул. Тверская, 1", "postalCode": "125009",
        });
        let item = json!({"address": address, "createdAt": "2026-03-03T14:25:00.000Z"});
        let mut row = item.clone();
        row["SK"] = json!("ADDRESS#aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
        row["PK"] = json!("USER#11111111-2222-4333-8444-555555555555");
        let saved = serde_json::from_value::<AddressRow>(row).unwrap().into_saved().unwrap();
        assert_eq!(saved.id.to_string(), "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
        let written = AddressItem { address: saved.address, created_at: saved.created_at };
        assert_eq!(serde_json::to_value(written).unwrap(), item);
    }
}
