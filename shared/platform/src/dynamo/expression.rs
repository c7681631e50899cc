//! An update or condition expression with its names and values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use kernel::Problem;
use serde::Serialize;

use super::Item;

/// An expression, and what its placeholders stand for.
#[derive(Debug, Clone, Default)]
pub struct Expression {
    pub(super) update: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Item,
}

impl Expression {
    /// An update expression, for example `SET version = version + :one`.
    pub fn update(update: impl Into<String>) -> Self {
        Self { update: Some(update.into()), ..Self::default() }
    }

    /// A condition alone.
    pub fn condition(condition: impl Into<String>) -> Self {
        Self { condition: Some(condition.into()), ..Self::default() }
    }

    /// Adds the condition under which the update is made.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// Adds the attribute that the placeholder `#name` stands for; needed where an attribute's name is a reserved word.
    #[must_use]
    pub fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names.insert(placeholder.to_owned(), attribute.to_owned());
        self
    }

    /// Adds the value that the placeholder `:value` stands for.
    pub fn value(mut self, placeholder: &str, value: impl Serialize) -> Result<Self, Problem> {
        let value: AttributeValue = serde_dynamo::to_attribute_value(value).map_err(Problem::internal)?;
        self.values.insert(placeholder.to_owned(), value);
        Ok(self)
    }

    /// The whole number that the placeholder `:value` stands for.
    #[must_use]
    pub fn number(mut self, placeholder: &str, value: u64) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    /// The names, or `None`: DynamoDB refuses an empty map.
    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// The values, or `None`: DynamoDB refuses an empty map.
    pub(super) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
