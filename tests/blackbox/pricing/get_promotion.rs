//! `GET /api/v1/admin/promotions/{id}`

use super::settings::{PROMOTION, ids_have_a_form, is_read_until_it_is_removed, needs_the_scope, room};
use crate::harness::get;

#[tokio::test]
async fn it_is_read_with_its_tag_until_it_is_removed() {
    is_read_until_it_is_removed(&PROMOTION).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let (id, _) = PROMOTION.create().await;
    needs_the_scope(200, || get(&PROMOTION.of(&id))).await;
    PROMOTION.remove(&id).await;
    ids_have_a_form(&PROMOTION, get).await;
}
