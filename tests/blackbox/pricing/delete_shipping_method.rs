//! `DELETE /api/v1/admin/shipping-methods/{id}`

use super::settings::{
    SHIPPING, changes_are_published_with_versions_alone, ids_have_a_form, needs_the_scope, room,
};
use crate::harness::delete;

#[tokio::test]
async fn its_creation_and_removal_are_published() {
    changes_are_published_with_versions_alone(&SHIPPING).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let (id, _) = SHIPPING.create().await;
    needs_the_scope(204, || delete(&SHIPPING.of(&id))).await;
    SHIPPING.get(&id).await.problem(404, "not_found");
    ids_have_a_form(&SHIPPING, delete).await;
}
