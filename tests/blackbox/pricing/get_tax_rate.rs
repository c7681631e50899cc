//! `GET /api/v1/admin/tax-rates/{id}`

use super::settings::{TAX, ids_have_a_form, is_read_until_it_is_removed, needs_the_scope, room};
use crate::harness::get;

#[tokio::test]
async fn it_is_read_with_its_tag_until_it_is_removed() {
    is_read_until_it_is_removed(&TAX).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let (id, _) = TAX.create().await;
    needs_the_scope(200, || get(&TAX.of(&id))).await;
    TAX.remove(&id).await;
    ids_have_a_form(&TAX, get).await;
}
