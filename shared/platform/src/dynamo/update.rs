//! One update outside any transaction: for counters, which have nothing to be consistent with.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure,
};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use kernel::Problem;
use serde::de::DeserializeOwned;

use super::{ConflictBackoff, Expression, Item, Key, Table, read, usage};
use crate::{InvocationContext, aws};

/// The outcome of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated<T> {
    /// It was made. Holds the attributes that it changed, as they are now.
    Made(T),
    /// Its condition does not hold. Holds the item as it is, where there is one.
    Refused(Option<T>),
}

impl Table {
    /// Updates the item under `key` when the expression's condition holds. One write unit, where a transaction takes
    /// two.
    ///
    /// DynamoDB refuses an update of an item that a transaction is writing. Nothing was written then, so the update is tried
    /// again with full jitter until the call's deadline; after that the problem is `unavailable`.
    ///
    /// An attempt whose answer was lost is sent again, so an addition may be made twice: what has to be exact goes
    /// through a transaction.
    pub async fn update_now<T: DeserializeOwned>(
        &self,
        call: &InvocationContext,
        key: &Key,
        expression: Expression,
    ) -> Result<Updated<T>, Problem> {
        let mut backoff = ConflictBackoff::new(call);
        loop {
            let error = match self.send_update(key, &expression).await {
                Ok(changed) => return read(changed).map(Updated::Made),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    return failed.item.clone().map(read).transpose().map(Updated::Refused);
                }
                Some(UpdateItemError::TransactionConflictException(_)) => backoff.pause().await?,
                _ => return Err(aws::problem(&error)),
            }
        }
    }

    /// One request; returns the attributes that it changed.
    async fn send_update(
        &self,
        key: &Key,
        expression: &Expression,
    ) -> Result<Item, SdkError<UpdateItemError, Response>> {
        let sent = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key.to_item()))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .set_update_expression(expression.update.clone())
            .set_condition_expression(expression.condition.clone())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        usage::write(sent.as_ref().map_or(&[], |answer| answer.consumed_capacity.as_slice()));
        sent.map(|answer| answer.attributes.unwrap_or_default())
    }
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
