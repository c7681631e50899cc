//! The position of a product in a list or in the results of a search. Pure.

use std::fmt;

use kernel::Sku;

use crate::search::Search;

/// The separator between a word and the SKU; no word contains it, and it sorts before every character of a word.
pub(crate) const SEPARATOR: char = '#';

/// The position of a product: in a list by its SKU, in a search by the word that it was found under and then by its
/// SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub(crate) word: Option<String>,
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

/// The sort key of what stands under `word`.
pub(crate) fn word_sort(word: &str, sku: &Sku) -> String {
    format!("{word}{SEPARATOR}{}", sku.listing_sort())
}
