//! The address book of an account: saved addresses, one of which is the default while there are any.

use kernel::address::PostalAddress;
use kernel::ids::AddressId;
use kernel::{EventData, NewEvent, Problem, Timestamp, UserId};
use platform::dynamo::Write;
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::Serialize;

use crate::events::{AddressChanged, AddressRemoved};
use crate::refusal::{AccountRefusal, CallerRefusal};
use crate::store::{Profile, Store};

/// The most addresses that an account saves. A registration may close two accounts in its transaction, each with 20 sessions and its addresses: 94 of
/// the 100 actions that DynamoDB takes.
pub(crate) const MAX_ADDRESSES: usize = 20;

/// An address of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedAddress {
    pub(crate) id: AddressId,
    pub(crate) address: PostalAddress,
    /// The time at which an address with this id was saved first.
    pub(crate) created_at: Timestamp,
}

/// An address of the book as its owner sees it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressView {
    id: AddressId,
    #[serde(flatten)]
    address: PostalAddress,
    is_default: bool,
    created_at: Timestamp,
}

/// An address as it was saved.
pub(crate) struct Saved {
    pub(crate) view: AddressView,
    /// True when there was no address with this id.
    pub(crate) is_new: bool,
}

/// The addresses of an account, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressBook {
    addresses: Vec<SavedAddress>,
    default: Option<AddressId>,
}

impl AddressBook {
    /// The book with these addresses and the default one that the profile names. If that one was deleted between the two reads, the oldest one is the
    /// default.
    pub(crate) fn new(mut addresses: Vec<SavedAddress>, default: Option<AddressId>) -> Self {
        addresses.sort_by_key(|saved| (saved.created_at, saved.id));
        let mut book = Self { addresses, default };
        if default.and_then(|id| book.find(id)).is_none() {
            book.default = book.oldest();
        }
        book
    }

    /// The addresses, the default one first and then the oldest.
    pub(crate) fn into_views(self) -> Vec<AddressView> {
        let default = self.default;
        let mut views: Vec<AddressView> =
            self.addresses.into_iter().map(|saved| view(saved, default)).collect();
        views.sort_by_key(|view| !view.is_default);
        views
    }

    fn find(&self, id: AddressId) -> Option<&SavedAddress> {
        self.addresses.iter().find(|saved| saved.id == id)
    }

    fn oldest(&self) -> Option<AddressId> {
        self.addresses.first().map(|saved| saved.id)
    }

    /// The book with `address` saved as `id`. It is the default if it is to be or is the only one, or was before.
    fn with(
        &self,
        id: AddressId,
        address: &PostalAddress,
        is_default: bool,
        now: Timestamp,
    ) -> Result<Self, AccountRefusal> {
        let mut book = self.clone();
        let is_full = book.addresses.len() >= MAX_ADDRESSES;
        match book.addresses.iter_mut().find(|saved| saved.id == id) {
            Some(saved) => saved.address = address.clone(),
            None if is_full => {
                return Err(AccountRefusal::TooManyAddresses { limit: MAX_ADDRESSES });
            }
            None => {
                book.addresses.push(SavedAddress { id, address: address.clone(), created_at: now });
            }
        }
        if is_default || book.default.is_none() {
            book.default = Some(id);
        }
        Ok(book)
    }

    /// The book without the address `id`. If that was the default, the oldest one left is.
    fn without(&self, id: AddressId) -> Self {
        let mut book = self.clone();
        book.addresses.retain(|saved| saved.id != id);
        if book.default == Some(id) {
            book.default = book.oldest();
        }
        book
    }
}

fn view(saved: SavedAddress, default: Option<AddressId>) -> AddressView {
    AddressView {
        is_default: default == Some(saved.id),
        id: saved.id,
        address: saved.address,
        created_at: saved.created_at,
    }
}

/// The address books of accounts.
pub(crate) struct AddressBooks {
    store: Store,
    journal: Journal,
}

/// The account was changed since it was read.
struct Changed;

impl AddressBooks {
    /// The tables named by `IDENTITY_TABLE` and `JOURNAL_TABLE`.
    pub(crate) async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { store: Store::connect(init).await?, journal: Journal::connect(init).await? })
    }

    /// The addresses of `user`, the default one first.
    pub(crate) async fn list(&self, user: UserId) -> Result<Vec<AddressView>, Problem> {
        Ok(self.read(user).await?.1.into_views())
    }

    /// Saves `address` as `id` in `user`'s book, and makes it the default if `is_default`. An address that is so already is no change.
    pub(crate) async fn put(
        &self,
        call: &InvocationContext,
        user: UserId,
        id: AddressId,
        address: &PostalAddress,
        is_default: bool,
    ) -> Result<Saved, Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let (profile, book) = self.read(user).await?;
            let changed = book.with(id, address, is_default, call.now)?;
            let saved = changed.find(id).ok_or_else(|| Problem::internal("an address was not added"))?;
            let answer =
                Saved { view: view(saved.clone(), changed.default), is_new: book.find(id).is_none() };
            if changed == book {
                return Ok(answer);
            }
            let write = self.store.put_address(user, saved, Changed)?;
            let data = AddressChanged { user_id: user, address_id: id };
            if self.commit(call, user, &profile, (write, changed.default), &data).await? {
                return Ok(answer);
            }
        }
    }

    /// Deletes the address `id` of `user`'s book, if it is there.
    pub(crate) async fn delete(
        &self,
        call: &InvocationContext,
        user: UserId,
        id: AddressId,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the account", call);
        loop {
            retry.begin().await?;
            let (profile, book) = self.read(user).await?;
            if book.find(id).is_none() {
                return Ok(());
            }
            let write = self.store.drop_address(user, id, Changed)?;
            let data = AddressRemoved { user_id: user, address_id: id };
            if self.commit(call, user, &profile, (write, book.without(id).default), &data).await? {
                return Ok(());
            }
        }
    }

    /// The profile and the book of `user`, in this order: a book that is read later is never older than the version that a change is conditional on.
    async fn read(&self, user: UserId) -> Result<(Profile, AddressBook), Problem> {
        let profile = self.store.profile(user).await?.ok_or(CallerRefusal::AccountDeleted)?;
        let book = AddressBook::new(self.store.addresses(user).await?, profile.default_address);
        Ok((profile, book))
    }

    /// Makes the write of one address with the default address that follows, if the account is still at the version of `profile`; returns whether it was.
    async fn commit(
        &self,
        call: &InvocationContext,
        user: UserId,
        profile: &Profile,
        (write, default): (Write<Changed>, Option<AddressId>),
        data: &impl EventData,
    ) -> Result<bool, Problem> {
        let event = NewEvent::new(format!("user/{user}"), profile.version + 1, data)?;
        let writes = vec![
            write,
            self.store.set_default_address(user, profile, default, Changed)?,
            self.journal.append(call, event)?.map(|_| Changed),
        ];
        Ok(self.store.dynamo().commit(call, writes).await?.is_committed())
    }
}

#[cfg(test)]
#[path = "address_book_tests.rs"]
mod tests;
