//! The order of the lists and their pages, apart from where they are read.

use platform::partition_merge::Positioned;

use crate::position::Position;
use crate::search::Search;
use crate::store::{Found, Visibility};

/// The products that a list contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The products that customers see.
    Active,
    /// The products that customers don't see.
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

    /// The name of the list in cursors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::All => "all",
        }
    }
}

impl Found {
    /// True when the list, or the results of `search`, show the product at this position.
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
