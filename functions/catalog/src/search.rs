//! Finding products by what they are called; pure.
//!
//! A product is kept once more under each of the first [`MAX_INDEXED_WORDS`] words of its name. A search reads the products under
//! the longest of its words, which is likely the rarest, and leaves out those whose names lack the others.

use std::collections::BTreeSet;

use kernel::Problem;

/// The longest text to search for, in characters.
pub const MAX_SEARCH_LENGTH: usize = 100;
/// Distinct words of a name that a product is found by, the first ones. A change of the name replaces them all in the transaction
/// of the change, so twice as many have to fit into it.
pub const MAX_INDEXED_WORDS: usize = 20;

/// Words to look for. A name matches when each of them begins one of its indexed words, in any case and order: `green te`
/// finds "Tea, green".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    words: Vec<String>,
    lead: String,
}

impl Search {
    /// Reads the query parameter `q`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let words: Vec<String> = words(text).collect();
        // Of several that are equally long it is the first, so that a repeated search reads the same words.
        let lead = words.iter().rev().max_by_key(|word| word.chars().count()).cloned();
        match lead {
            Some(lead) if text.chars().count() <= MAX_SEARCH_LENGTH => Ok(Self { words, lead }),
            _ => {
                let detail = format!(
                    "must be at most {MAX_SEARCH_LENGTH} characters with a letter or a digit among them"
                );
                Err(Problem::invalid_parameter("q", detail))
            }
        }
    }

    /// The prefix of the words that are read: the longest of the words that are searched for.
    pub fn lead(&self) -> &str {
        &self.lead
    }

    /// True when [`Self::lead`] is the only word that is searched for.
    pub fn is_one_word(&self) -> bool {
        self.words.len() == 1
    }

    /// True when a product called `name`, found under `word`, has all the words that are searched for and has not come
    /// before: it is shown under the first of its words that begin with [`Self::lead`].
    pub fn shows(&self, name: &str, word: &str) -> bool {
        let name = indexed_words(name);
        let first = name.iter().find(|indexed| indexed.starts_with(&self.lead));
        let has = |wanted: &String| name.iter().any(|indexed| indexed.starts_with(wanted));
        first.is_some_and(|first| first == word) && self.words.iter().all(has)
    }

    /// The words, as they tell one search from another.
    pub fn normalised(&self) -> String {
        self.words.join(" ")
    }
}

/// The words that a product called `name` is found by.
pub fn indexed_words(name: &str) -> BTreeSet<String> {
    let mut indexed = BTreeSet::new();
    for word in words(name) {
        if indexed.len() == MAX_INDEXED_WORDS {
            break;
        }
        indexed.insert(word);
    }
    indexed
}

/// The words of a text in lower case: what letters and digits without anything between them make up.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words that a search for `text` shows a product called `name` under.
    fn shown_under(text: &str, name: &str) -> Vec<String> {
        let search = Search::parse(text).unwrap();
        indexed_words(name).into_iter().filter(|word| search.shows(name, word)).collect()
    }

    fn finds(text: &str, name: &str) -> bool {
        !shown_under(text, name).is_empty()
    }

    #[test]
    fn words_are_found_by_their_beginnings() {
        for text in ["tea", "TEA", "gre te", "te 100", "Tea, green", "100", " green "] {
            assert!(finds(text, "Tea, green (100 g)"), "{text}");
        }
        for text in ["ea", "teas", "black tea", "1000"] {
            assert!(!finds(text, "Tea, green (100 g)"), "{text}");
        }
        assert!(finds("ЧАЙ зел", "Зелёный чай"));
    }

    #[test]
    fn the_longest_word_leads_and_of_equals_the_first() {
        let lead = |text: &str| Search::parse(text).unwrap().lead().to_owned();
        assert_eq!(lead("te GREEN 10"), "green");
        assert_eq!(lead("black green tea"), "black");
        assert_eq!(lead("кг bcd"), "bcd", "letters are counted, not bytes");
    }

    #[test]
    fn a_product_with_several_such_words_is_shown_under_the_first() {
        assert_eq!(shown_under("te", "Teapot for tea, teak"), ["tea"]);
        assert_eq!(shown_under("tea te", "Teapot for tea, teak"), ["tea"]);
        assert_eq!(shown_under("teap tea", "Teapot for tea, teak"), ["teapot"]);
    }

    #[test]
    fn the_first_twenty_words_are_indexed() {
        let name: Vec<String> = (100..140).map(|number| format!("w{number} tea")).collect();
        let indexed = indexed_words(&name.join(" "));
        assert_eq!(indexed.len(), MAX_INDEXED_WORDS);
        assert!(indexed.contains("w118") && !indexed.contains("w119"), "tea is counted once: {indexed:?}");
        assert!(!finds("w139", &name.join(" ")));
    }

    #[test]
    fn a_search_without_words_is_refused_and_named() {
        for text in ["", "  ", "%_*", &"x".repeat(MAX_SEARCH_LENGTH + 1)] {
            assert_eq!(Search::parse(text).unwrap_err().errors[0].pointer, "/query/q", "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_found_once_by_any_of_its_words_in_any_case(
            words in proptest::collection::vec("[A-Za-zА-Яа-я0-9]{1,8}", 1..6), pick: prop::sample::Index, upper: bool,
        ) {
            let word = &words[pick.index(words.len())];
            let text = if upper { word.to_uppercase() } else { word.to_lowercase() };
            prop_assert_eq!(shown_under(&text, &words.join(" - ")).len(), 1);
        }

        #[test]
        fn a_name_is_shown_once_or_never_and_only_when_every_word_is_in_it(
            words in proptest::collection::vec("[ab]{1,3}", 1..6), wanted in proptest::collection::vec("[ab]{1,2}", 1..4),
        ) {
            let shown = shown_under(&wanted.join(" "), &words.join(" ")).len();
            let matches = wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted)));
            prop_assert_eq!(shown, usize::from(matches));
        }

        #[test]
        fn no_word_holds_the_separator(name in "\\PC{0,60}") {
            prop_assert!(indexed_words(&name).iter().all(|word| !word.is_empty() && !word.contains('#')));
        }
    }
}
