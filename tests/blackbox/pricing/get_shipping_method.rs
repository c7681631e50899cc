//! `GET /api/v1/admin/shipping-methods/{id}`

use super::settings::{SHIPPING, ids_have_a_form, is_read_until_it_is_removed, needs_the_scope, room};
use crate::harness::get;

#[tokio::test]
async fn it_is_read_with_its_tag_until_it_is_removed() {
    is_read_until_it_is_removed(&SHIPPING).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let (id, _) = SHIPPING.create().await;
    needs_the_scope(200, || get(&SHIPPING.of(&id))).await;
    SHIPPING.remove(&id).await;
    ids_have_a_form(&SHIPPING, get).await;
}
