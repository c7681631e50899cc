//! Writing the lines of an import, each in its own transaction.
//!
//! Lines are taken in groups. What is there of a group's products is read at once, then its lines are written side by side. A
//! product stands in a group once, so that of several lines about it the last one wins.

use std::collections::HashMap;
use std::iter::Peekable;
use std::time::Duration;

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt as _};
use kernel::{Problem, Sku};
use platform::dynamo::{Dynamo, MAX_ACTIONS, Write};
use platform::{Init, InitError, InvocationContext, StaleRetry};
use stock::opening::Heads;
use stock::stock_writer::StockWriter;

use super::Numbered;
use super::body::Lines;
use super::line::{self, Fault, Wanted};
use super::report::{Effect, Imported, Report};
use crate::product::{Product, Revision};
use crate::put::Editor;
use crate::refusal::ImportRefusal;
use crate::store::Catalog;

/// Products that are read at once: what one batch read takes.
const GROUP: usize = 100;
/// Lines that are written at the same time.
const PARALLEL_LINES: usize = 16;
/// Time that has to be left for a line to be begun: enough for its transaction to be tried again.
const TIME_FOR_A_LINE: Duration = Duration::from_secs(2);

/// Everything that an import takes.
#[derive(Clone)]
pub struct Importer {
    dynamo: Dynamo,
    catalog: Catalog,
    editor: Editor,
    writer: StockWriter,
}

/// The stored state of some products.
#[derive(Default)]
struct Known {
    products: HashMap<Sku, Product>,
    heads: Heads,
}

/// The refusal of a line's transaction: the product or its stock has changed since it was read, so read it again.
struct Outdated;

/// Part of a transaction, or all of it.
type Writes = Vec<Write<Outdated>>;

impl Importer {
    /// Works on the tables named by `CATALOG_TABLE`, `STOCK_TABLE` and `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            dynamo: init.dynamo(),
            catalog: Catalog::connect(init).await?,
            editor: Editor::connect(init).await?,
            writer: StockWriter::connect(init).await?,
        })
    }

    /// Imports `lines`; what is wrong with some of them keeps none of the others.
    pub async fn import(&self, call: &InvocationContext, lines: &Lines<'_>) -> Result<Report, Problem> {
        let mut report = Report::default();
        let mut lines = lines.read()?.map(line::parse).peekable();
        let mut inside = None;
        while lines.peek().is_some() {
            let (group, faulty) = next_group(&mut lines);
            for fault in faulty {
                report.add(fault);
            }
            for result in self.write_group(call, group).await {
                if let Err(Fault { problem, .. }) = &result.content {
                    inside = inside.or_else(|| problem.internal_detail().map(|_| problem.to_string()));
                }
                report.add(result);
            }
        }
        if let Some(inside) = inside {
            tracing::error!(inside, "a line of an import failed; others may have, for the same reason");
        }
        Ok(report.sorted())
    }

    async fn write_group(
        &self,
        call: &InvocationContext,
        group: Vec<Numbered<Wanted>>,
    ) -> Vec<Numbered<Result<Imported, Fault>>> {
        let wanted: Vec<&Wanted> = group.iter().map(|line| &line.content).collect();
        let known =
            if is_over(call) { Err(ImportRefusal::NotReached.into()) } else { self.known(&wanted).await };
        let known = &known;
        let written = stream::iter(group).map(|Numbered { line, content: wanted }| async move {
            let done = match known {
                Ok(known) => self.write(call, &wanted, known).await,
                Err(problem) => Err(problem.clone()),
            };
            let content = done.map_err(|problem| Fault { sku: Some(wanted.sku), problem });
            Numbered { line, content }
        });
        written.buffer_unordered(PARALLEL_LINES).collect().await
    }

    /// Reads the stored state of the products of `lines`, which are all different.
    async fn known(&self, lines: &[&Wanted]) -> Result<Known, Problem> {
        let skus: Vec<Sku> = lines.iter().map(|wanted| wanted.sku.clone()).collect();
        let stocked = lines.iter().filter(|wanted| wanted.opening.is_some()).map(|wanted| &wanted.sku);
        let (products, heads) = try_join(self.catalog.find(&skus), self.writer.heads(stocked)).await?;
        Ok(Known { products, heads })
    }

    /// Makes of one product what its line says, with its opening stock.
    async fn write(
        &self,
        call: &InvocationContext,
        wanted: &Wanted,
        known: &Known,
    ) -> Result<Imported, Problem> {
        let mut newer = None;
        let mut stocked = false;
        let mut retry = StaleRetry::of("the product", call);
        'again: loop {
            retry.begin().await?;
            let (effect, product, opening) = self.prepare(call, wanted, newer.as_ref().unwrap_or(known))?;
            let opens = !opening.is_empty();
            for writes in transactions(product, opening) {
                if is_over(call) {
                    return Err(ImportRefusal::NotReached.into());
                }
                if !self.dynamo.commit(call, writes).await?.is_committed() {
                    newer = Some(self.known(&[wanted]).await?);
                    continue 'again;
                }
                stocked |= opens;
            }
            return Ok(Imported { effect, stocked });
        }
    }

    /// The effect of `wanted` when everything is still as `known`: that on the product, with the writes that lead to
    /// it, and the writes of the opening stock.
    fn prepare(
        &self,
        call: &InvocationContext,
        wanted: &Wanted,
        known: &Known,
    ) -> Result<(Effect, Writes, Writes), Problem> {
        let Wanted { sku, details, opening } = wanted;
        let before = known.products.get(sku);
        let details = details.clone().keeping_factors_of(before);
        let (effect, product) = match details.revise(sku, before, call.now) {
            Revision::Unchanged(_) => (Effect::Unchanged, Vec::new()),
            Revision::Changed(product) => {
                let effect = if before.is_some() { Effect::Updated } else { Effect::Created };
                let writes = self.editor.writes(call, before, &product)?;
                (effect, writes.into_iter().map(|write| write.map(|_| Outdated)).collect())
            }
        };
        let opening = match opening {
            None => Vec::new(),
            Some(opening) => self.writer.open(call, sku, opening, &known.heads)?,
        };
        Ok((effect, product, opening.into_iter().map(|write| write.map(|_| Outdated)).collect()))
    }
}

/// One transaction of both, or where they are too many for one, as of a SKU that lies on dozens of lanes, the stock before the product:
/// what cannot be seen yet may be there already.
fn transactions<W>(product: Vec<W>, opening: Vec<W>) -> Vec<Vec<W>> {
    let mut transactions = if product.len() + opening.len() <= MAX_ACTIONS {
        vec![opening.into_iter().chain(product).collect()]
    } else {
        vec![opening, product]
    };
    transactions.retain(|writes: &Vec<W>| !writes.is_empty());
    transactions
}

/// True when too little time is left to begin another line.
fn is_over(call: &InvocationContext) -> bool {
    call.remaining() < TIME_FOR_A_LINE
}

/// A result for a line that is wrong in itself.
type Faulty = Numbered<Result<Imported, Fault>>;

/// The next lines about different products, at most [`GROUP`], and those in between that are wrong in themselves.
fn next_group(
    lines: &mut Peekable<impl Iterator<Item = Numbered<Result<Wanted, Fault>>>>,
) -> (Vec<Numbered<Wanted>>, Vec<Faulty>) {
    let (mut group, mut faulty): (Vec<Numbered<Wanted>>, _) = (Vec::new(), Vec::new());
    let is_there =
        |group: &[Numbered<Wanted>], wanted: &Wanted| group.iter().any(|line| line.content.sku == wanted.sku);
    while group.len() < GROUP
        && let Some(next) =
            lines.next_if(|next| next.content.as_ref().map_or(true, |wanted| !is_there(&group, wanted)))
    {
        let line = next.line;
        match next.content {
            Ok(content) => group.push(Numbered { line, content }),
            Err(fault) => faulty.push(Numbered { line, content: Err(fault) }),
        }
    }
    (group, faulty)
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use serde_json::Map;

    use super::*;
    use crate::factors::NamedFactors;
    use crate::product::Details;

    #[test]
    fn what_does_not_fit_one_transaction_is_two() {
        let (product, opening) = (vec!['p'; 40], vec!['o'; MAX_ACTIONS - 40]);
        let whole = transactions(product.clone(), opening.clone());
        assert_eq!(whole.iter().map(Vec::len).collect::<Vec<_>>(), [MAX_ACTIONS]);
        assert_eq!(transactions(product.clone(), Vec::new()).concat(), product);
        assert!(transactions::<char>(Vec::new(), Vec::new()).is_empty());
        let more = [opening, vec!['o']].concat();
        assert_eq!(transactions(product.clone(), more.clone()), [more, product], "the stock first");
    }

    fn lines(skus: &[&str]) -> impl Iterator<Item = Numbered<Result<Wanted, Fault>>> + use<> {
        let wanted = |sku: &&str| {
            let price = (1, Currency::from_code("RUB").unwrap());
            let factors = NamedFactors::default();
            let details =
                Details::parse("Tea".to_owned(), String::new(), price, Map::new(), factors, true).unwrap();
            Wanted { sku: sku.parse().unwrap(), details, opening: None }
        };
        let content = |sku: &&str| match *sku {
            "" => Err(Fault { sku: None, problem: ImportRefusal::NotReached.into() }),
            _ => Ok(wanted(sku)),
        };
        let contents: Vec<_> = skus.iter().map(content).collect();
        (1..).zip(contents).map(|(line, content)| Numbered { line, content })
    }

    #[test]
    fn a_group_ends_before_a_product_comes_again() {
        let mut lines = lines(&["a", "", "b", "a", "a", "c"]).peekable();
        let mut groups = Vec::new();
        while lines.peek().is_some() {
            let (group, faulty) = next_group(&mut lines);
            groups.push((group.iter().map(|line| line.line).collect::<Vec<_>>(), faulty.len()));
        }
        assert_eq!(groups, [(vec![1, 3], 1), (vec![4], 0), (vec![5, 6], 0)]);
    }

    #[test]
    fn a_group_is_no_larger_than_a_batch_read() {
        let skus: Vec<String> = (0..=GROUP).map(|number| number.to_string()).collect();
        let mut lines = lines(&skus.iter().map(String::as_str).collect::<Vec<_>>()).peekable();
        assert_eq!(next_group(&mut lines).0.len(), GROUP);
        assert_eq!(next_group(&mut lines).0.len(), 1);
    }
}
