//! A list of orders as CSV (RFC 4180).

use csv::{Terminator, WriterBuilder};
use kernel::Problem;

use crate::store::Listed;

/// The most rows in one answer.
pub const MAX_EXPORT_ROWS: u32 = 1_000;
/// The columns, named as the members of the JSON list.
const COLUMNS: [&str; 7] = ["id", "number", "status", "userId", "totalAmount", "currency", "createdAt"];

/// The rows of `orders`; under a line of column names when `first`, so that the pages put one after the other make one file.
pub fn csv(orders: &[Listed], first: bool) -> Result<String, Problem> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(COLUMNS).map_err(Problem::internal)?;
    }
    for Listed { summary, user } in orders {
        let row = [
            summary.id.to_string(),
            summary.number.to_string(),
            summary.status.name().to_owned(),
            user.to_string(),
            summary.total_amount.to_string(),
            summary.currency.code().to_owned(),
            summary.created_at.to_string(),
        ];
        writer.write_record(row.map(guarded)).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    String::from_utf8(bytes).map_err(Problem::internal)
}

/// A cell that no spreadsheet takes for a formula: what begins like one is preceded by an apostrophe (OWASP, CSV injection).
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, OrderNumber, Timestamp};

    use super::*;
    use crate::edges::Status;
    use crate::store::OrderSummary;

    fn listed() -> Listed {
        let number = OrderNumber::try_from(42).unwrap();
        let summary = OrderSummary {
            id: number.order_id(),
            number,
            status: Status::AwaitingPayment,
            total_amount: 7_500,
            currency: Currency::from_code("RUB").unwrap(),
            created_at: Timestamp::from_millis(1_700_000_000_000),
        };
        Listed { summary, user: "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap() }
    }

    #[test]
    fn pages_put_together_make_one_file() {
        let header = "id,number,status,userId,totalAmount,currency,createdAt\r\n";
        let row = "2e995cee-6444-5287-bae5-cc95d4299590,42,awaiting_payment,\
                   7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50,7500,RUB,2023-11-14T22:13:20.000Z\r\n";
        assert_eq!(csv(&[listed()], true).unwrap(), format!("{header}{row}"));
        assert_eq!(csv(&[listed(), listed()], false).unwrap(), format!("{row}{row}"));
        assert_eq!(csv(&[], true).unwrap(), header);
        assert_eq!(csv(&[], false).unwrap(), "");
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
