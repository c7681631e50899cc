//! Results as they are printed: tables in Markdown, ready for `docs/bench.md`.

use std::fmt::Write as _;
use std::time::Duration;

/// A table of results.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these columns.
    pub fn new(columns: &[&str]) -> Self {
        Self { rows: vec![columns.iter().map(|&column| column.to_owned()).collect()] }
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as text: the first column to the left, numbers to the right.
    pub fn render(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..self.rows[0].len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count());
                let (before, after) =
                    if column == 0 { ("", padding.as_str()) } else { (padding.as_str(), "") };
                // Writing to a string cannot fail.
                let _ = write!(text, "| {before}{cell}{after} ");
            }
            text.push_str("|\n");
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let (rule, end) = ("-".repeat(*width), if column == 0 { '-' } else { ':' });
                    let _ = write!(text, "|-{rule}{end}");
                }
                text.push_str("|\n");
            }
        }
        text
    }
}

/// How long something took, over many times.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more time.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// The quantile at `percent`, in milliseconds; a dash when nothing was measured.
    pub fn percentile(&self, percent: usize) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(index).map_or_else(|| "-".to_owned(), |took| took.as_millis().to_string())
    }
}

/// `part` for each `whole`, with two decimals.
pub fn ratio(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let hundredths = (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Thousandths of units as units.
pub fn units(thousandths: u64) -> String {
    format!("{}.{}", thousandths / 1_000, thousandths % 1_000 / 100)
}

/// So many in so long, for a second.
pub fn rate(count: u64, elapsed: Duration) -> u64 {
    let micros = elapsed.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// The middle one of `values`.
pub fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["what", "n"]);
        table.row(vec!["conflicts".to_owned(), "12".to_owned()]);
        assert_eq!(table.render(), "| what      |  n |\n|-----------|---:|\n| conflicts | 12 |\n");
    }

    #[test]
    fn numbers_are_rounded_as_people_do() {
        assert_eq!(ratio(2, 3), "0.67");
        assert_eq!(ratio(1, 0), "-");
        assert_eq!(units(12_500), "12.5");
        assert_eq!(rate(50, Duration::from_millis(500)), 100);
        assert_eq!(median(&[9, 1, 5]), 5);
        let mut times = Times::default();
        (1..=100).for_each(|ms| times.add(Duration::from_millis(ms)));
        assert_eq!((times.percentile(50), times.percentile(99)), ("50".to_owned(), "99".to_owned()));
    }
}
