//! `GET /api/v1/admin/shipping-methods`

use super::settings::{SHIPPING, are_listed_by_id_in_pages, needs_the_scope};
use crate::harness::get;

#[tokio::test]
async fn they_are_listed_by_id_in_pages() {
    are_listed_by_id_in_pages(&SHIPPING).await;
}

#[tokio::test]
async fn the_list_needs_the_scope() {
    needs_the_scope(200, || get(SHIPPING.path)).await;
}
