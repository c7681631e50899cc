//! `GET /api/v1/admin/tax-rates`

use super::settings::{TAX, are_listed_by_id_in_pages, needs_the_scope};
use crate::harness::get;

#[tokio::test]
async fn they_are_listed_by_id_in_pages() {
    are_listed_by_id_in_pages(&TAX).await;
}

#[tokio::test]
async fn the_list_needs_the_scope() {
    needs_the_scope(200, || get(TAX.path)).await;
}
