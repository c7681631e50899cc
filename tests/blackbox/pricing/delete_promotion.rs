//! `DELETE /api/v1/admin/promotions/{id}`

use super::settings::{
    PROMOTION, changes_are_published_with_versions_alone, ids_have_a_form, needs_the_scope, room,
};
use crate::harness::delete;

#[tokio::test]
async fn its_creation_and_removal_are_published() {
    changes_are_published_with_versions_alone(&PROMOTION).await;
}

#[tokio::test]
async fn it_needs_the_scope_and_an_id() {
    let _room = room().await;
    let (id, _) = PROMOTION.create().await;
    needs_the_scope(204, || delete(&PROMOTION.of(&id))).await;
    PROMOTION.get(&id).await.problem(404, "not_found");
    ids_have_a_form(&PROMOTION, delete).await;
}
