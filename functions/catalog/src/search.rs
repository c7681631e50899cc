//! Finding products by what they are called.

use kernel::Problem;

/// The longest text to search for, in characters.
pub const MAX_SEARCH_LENGTH: usize = 100;

/// Words to look for. A name matches when each of them begins one of its words, in whatever case and order: `green te`
/// finds "Tea, green".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<String>);

impl Search {
    /// Reads the query parameter `q`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let words: Vec<String> = words(text).collect();
        if words.is_empty() || text.chars().count() > MAX_SEARCH_LENGTH {
            let detail =
                format!("must be at most {MAX_SEARCH_LENGTH} characters with a letter or a digit among them");
            return Err(Problem::invalid_parameter("q", detail));
        }
        Ok(Self(words))
    }

    /// Whether `name` is one of those looked for.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<String> = words(name).collect();
        self.0.iter().all(|wanted| name.iter().any(|word| word.starts_with(wanted)))
    }

    /// The words, as they tell one search from another.
    pub fn normalised(&self) -> String {
        self.0.join(" ")
    }
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

    fn finds(text: &str, name: &str) -> bool {
        Search::parse(text).unwrap().matches(name)
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
    fn a_search_without_words_is_refused_and_named() {
        for text in ["", "  ", "%_*", &"x".repeat(MAX_SEARCH_LENGTH + 1)] {
            assert_eq!(Search::parse(text).unwrap_err().errors[0].pointer, "/query/q", "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_found_by_any_of_its_words_in_any_case(
            words in proptest::collection::vec("[A-Za-zА-Яа-я0-9]{1,8}", 1..6), pick: prop::sample::Index, upper: bool,
        ) {
            let word = &words[pick.index(words.len())];
            let text = if upper { word.to_uppercase() } else { word.to_lowercase() };
            prop_assert!(finds(&text, &words.join(" - ")));
        }
    }
}
