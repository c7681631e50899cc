//! One update outside any transaction: for counters, which have nothing to be consistent with.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure,
};
use kernel::Problem;
use serde::de::DeserializeOwned;

use super::{Expression, Key, Table, read, usage};
use crate::aws;

/// What an update came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated<T> {
    /// It was made. Holds the attributes that it changed, as they are now.
    Made(T),
    /// Its condition does not hold. Holds the item as it is, where there is one.
    Refused(Option<T>),
}

impl Table {
    /// Updates the item under `key` when the expression's condition holds. One write unit, where a transaction takes
    /// two, and no conflicts.
    ///
    /// An attempt whose answer was lost is sent again, so an addition may be made twice: what has to be exact goes
    /// through a transaction.
    pub async fn update_now<T: DeserializeOwned>(
        &self,
        key: &Key,
        expression: Expression,
    ) -> Result<Updated<T>, Problem> {
        let sent = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .set_update_expression(expression.update)
            .set_condition_expression(expression.condition)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        usage::write(sent.as_ref().map_or(&[], |answer| answer.consumed_capacity.as_slice()));
        let error = match sent {
            Ok(answer) => return read(answer.attributes.unwrap_or_default()).map(Updated::Made),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                failed.item.clone().map(read).transpose().map(Updated::Refused)
            }
            _ => Err(aws::problem(&error)),
        }
    }
}
