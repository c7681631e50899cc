//! One update outside any transaction: for counters, which have nothing to be consistent with.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use kernel::Problem;
use serde::de::DeserializeOwned;

use super::{Expression, Key, Table, read};
use crate::aws;

impl Table {
    /// Updates the item under `key` at once and answers the attributes that it changed, as they are now; `None` when
    /// the expression's condition does not hold. One write unit, where a transaction takes two, and no conflicts.
    ///
    /// An attempt whose answer was lost is sent again, so an addition may be made twice: what has to be exact goes
    /// through a transaction.
    pub async fn update_now<T: DeserializeOwned>(
        &self,
        key: &Key,
        expression: Expression,
    ) -> Result<Option<T>, Problem> {
        let sent = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .set_update_expression(expression.update)
            .set_condition_expression(expression.condition)
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match sent {
            Ok(answer) => read(answer.attributes.unwrap_or_default()).map(Some),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(aws::problem(&error)),
            },
        }
    }
}
