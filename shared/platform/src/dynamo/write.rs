//! One action of a transaction, and what it means when its condition fails.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactWriteItem, Update,
};
use kernel::Problem;
use serde::Serialize;

use super::{Expression, Key, Table};

/// A conditional write that waits to be made together with others.
///
/// `R` says what a failed condition means. It is stated where the condition is written, so that the caller that composes a
/// transaction over several contexts learns the reason in the terms of the context that refused.
#[derive(Debug, Clone)]
pub struct Write<R> {
    pub(super) action: TransactWriteItem,
    pub(super) refusal: R,
}

impl<R> Write<R> {
    /// The same write, its refusal mapped to a wider type.
    pub fn map<S>(self, widen: impl FnOnce(R) -> S) -> Write<S> {
        Write { action: self.action, refusal: widen(self.refusal) }
    }
}

/// Holds for an item that does not exist yet.
const IS_NEW: &str = "attribute_not_exists(PK)";

impl Table {
    /// Puts `item` under a key that no item has yet.
    pub fn put_new<R>(&self, key: &Key, item: &impl Serialize, refusal: R) -> Result<Write<R>, Problem> {
        self.put_when(key, item, Expression::condition(IS_NEW), refusal)
    }

    /// Puts `item` under `key` when the expression's condition holds for what is there now.
    pub fn put_when<R>(
        &self,
        key: &Key,
        item: &impl Serialize,
        condition: Expression,
        refusal: R,
    ) -> Result<Write<R>, Problem> {
        let mut attributes: super::Item = serde_dynamo::to_item(item).map_err(Problem::internal)?;
        // Null attributes would make a sparse index refuse the item instead of leaving it out.
        attributes.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
        attributes.extend(key.to_item());
        let put = Put::builder()
            .table_name(self.name())
            .set_item(Some(attributes))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_condition_expression(condition.condition)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(Problem::internal)?;
        Ok(Write { action: TransactWriteItem::builder().put(put).build(), refusal })
    }

    /// Updates the item under `key` when the expression's condition holds.
    pub fn update<R>(&self, key: &Key, expression: Expression, refusal: R) -> Result<Write<R>, Problem> {
        let update = Update::builder()
            .table_name(self.name())
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .set_update_expression(expression.update)
            .set_condition_expression(expression.condition)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(Problem::internal)?;
        Ok(Write { action: TransactWriteItem::builder().update(update).build(), refusal })
    }

    /// Writes nothing, and lets the others be made only when the expression's condition holds for the item under `key`.
    pub fn check<R>(&self, key: &Key, condition: Expression, refusal: R) -> Result<Write<R>, Problem> {
        let check = ConditionCheck::builder()
            .table_name(self.name())
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_condition_expression(condition.condition)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(Problem::internal)?;
        Ok(Write { action: TransactWriteItem::builder().condition_check(check).build(), refusal })
    }

    /// Deletes the item under `key` when the expression's condition holds.
    pub fn delete<R>(&self, key: &Key, condition: Expression, refusal: R) -> Result<Write<R>, Problem> {
        let delete = Delete::builder()
            .table_name(self.name())
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_condition_expression(condition.condition)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(Problem::internal)?;
        Ok(Write { action: TransactWriteItem::builder().delete(delete).build(), refusal })
    }
}
