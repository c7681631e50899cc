//! The order of the lists and their pages, apart from where they are read.

use std::fmt;

use kernel::Sku;
use platform::partition_merge::Positioned;

use crate::search::Search;
use crate::store::{Listed, Visibility, word_sort};

/// Which products a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What customers see.
    Active,
    /// What customers don't see.
    Inactive,
    /// Both.
    All,
}

impl View {
    /// The lists that are read for it.
    pub(crate) fn visibilities(self) -> &'static [Visibility] {
        match self {
            Self::Active => &[Visibility::Active],
            Self::Inactive => &[Visibility::Inactive],
            Self::All => &[Visibility::Active, Visibility::Inactive],
        }
    }

    /// As it tells one list from another.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::All => "all",
        }
    }
}

/// Where a product stands: in a list by its SKU, in a search by the word that it was found under and then by its SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    word: Option<String>,
    pub(crate) sku: Sku,
}

impl Position {
    /// Of the product `sku` in a list.
    pub(crate) fn of(sku: Sku) -> Self {
        Self { word: None, sku }
    }

    /// Of the product `sku` in a search that found it under `word`.
    pub(crate) fn under(word: &str, sku: Sku) -> Self {
        Self { word: Some(word.to_owned()), sku }
    }

    /// Reads what a cursor of the list, or of the results of `search`, holds. `None` when it can't come from there.
    pub fn parse(text: &str, search: Option<&Search>) -> Option<Self> {
        let Some(search) = search else { return text.parse().ok().map(Self::of) };
        let (word, sku) = text.split_once('#')?;
        word.starts_with(search.lead()).then_some(())?;
        Some(Self::under(word, sku.parse().ok()?))
    }

    /// The order of the list, which is that of the sort keys it is read by.
    pub(crate) fn sort(&self) -> String {
        match &self.word {
            Some(word) => word_sort(word, &self.sku),
            None => self.sku.listing_sort(),
        }
    }
}

impl fmt::Display for Position {
    /// As a cursor holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.word {
            Some(word) => write!(f, "{word}#{}", self.sku),
            None => self.sku.fmt(f),
        }
    }
}

/// A product, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) position: Position,
    pub(crate) product: Listed,
}

impl Found {
    /// In a list.
    pub(crate) fn listed(product: Listed) -> Self {
        Self { position: Position::of(product.sku.clone()), product }
    }

    /// Whether the list, or the results of `search`, show it here.
    pub(crate) fn is_wanted(&self, search: Option<&Search>) -> bool {
        let under =
            |search: &Search| search.shows(&self.product.name, self.position.word.as_deref()?).then_some(());
        search.is_none_or(|search| under(search).is_some())
    }
}

impl Positioned for Found {
    type Position = Position;

    fn position(&self) -> Position {
        self.position.clone()
    }

    fn sort_key(&self) -> String {
        self.position.sort()
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
