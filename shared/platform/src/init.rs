//! The initialization, once before the first request: configuration is read and checked, clients are built, and the connection to DynamoDB is
//! opened, so that no customer waits for it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::InitError;
use crate::aws;
use crate::dynamo::{Dynamo, Table};

/// The environment a function starts in, and the clients that everything in it shares.
#[derive(Clone)]
pub struct Init {
    variables: HashMap<String, String>,
    aws: aws_types::SdkConfig,
    dynamo: Dynamo,
}

impl Init {
    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, InitError> {
        Self::from_variables(std::env::vars().collect())
    }

    /// From given variables, for tests and for tools that are no Lambda function.
    pub fn from_variables(variables: HashMap<String, String>) -> Result<Self, InitError> {
        let aws = aws::sdk_config(|name| required(&variables, name))?;
        let dynamo = Dynamo::new(&aws);
        Ok(Self { variables, aws, dynamo })
    }

    /// The same environment with every AWS call made by `client`: for checks in which each request is a step that something else schedules.
    #[must_use]
    pub fn over(self, client: SharedHttpClient) -> Self {
        let aws = self.aws.into_builder().http_client(client).build();
        let dynamo = Dynamo::new(&aws);
        Self { aws, dynamo, ..self }
    }

    /// The variable `name`, which has to be set and not empty.
    pub fn required(&self, name: &str) -> Result<String, InitError> {
        required(&self.variables, name)
    }

    /// The variable `name` read as a `T`, or `default` when it is not set or empty.
    pub fn optional<T: FromStr>(&self, name: &str, default: T) -> Result<T, InitError>
    where
        T::Err: fmt::Display,
    {
        match self.variables.get(name).filter(|value| !value.is_empty()) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|reason| InitError::new(name, reason)),
        }
    }

    /// The settings every AWS client is built from.
    pub fn aws(&self) -> &aws_types::SdkConfig {
        &self.aws
    }

    /// The settings for clients whose calls may not be made twice, such as those that send messages to people.
    pub fn aws_once(&self) -> aws_types::SdkConfig {
        aws::once(&self.aws)
    }

    /// The DynamoDB client.
    pub fn dynamo(&self) -> Dynamo {
        self.dynamo.clone()
    }

    /// The table whose name stands in the variable `name`. The connection to DynamoDB is open afterwards.
    pub async fn table(&self, name: &str) -> Result<Table, InitError> {
        let table = self.dynamo.table(&self.required(name)?);
        self.dynamo.open_connection(&table).await;
        Ok(table)
    }

    /// The value of the secret whose ARN stands in the variable `name`.
    pub async fn secret(&self, name: &str) -> Result<String, InitError> {
        let arn = self.required(name)?;
        let client = aws_sdk_secretsmanager::Client::new(&self.aws);
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| InitError::new(name, aws::describe(&error)))?;
        answer
            .secret_string()
            .map(str::to_owned)
            .ok_or_else(|| InitError::new(name, "the secret holds no text"))
    }
}

fn required(variables: &HashMap<String, String>, name: &str) -> Result<String, InitError> {
    variables
        .get(name)
        .filter(|value| !value.is_empty())
        .cloned()
        .ok_or_else(|| InitError::new(name, "this environment variable is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const COMPLETE: [(&str, &str); 3] =
        [("AWS_REGION", "eu-north-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        let init = Init::from_variables(variables(&COMPLETE)).unwrap();
        assert_eq!(init.required("ORDERS_TABLE").unwrap_err().setting, "ORDERS_TABLE");
        let Err(error) = Init::from_variables(variables(&COMPLETE[1..])) else {
            panic!("no region, and it starts")
        };
        assert_eq!(error.setting, "AWS_REGION");
    }

    #[test]
    fn a_number_that_is_none_is_named() {
        let mut pairs = COMPLETE.to_vec();
        pairs.push(("PAYMENT_WINDOW_SECONDS", "ten"));
        let init = Init::from_variables(variables(&pairs)).unwrap();
        assert_eq!(
            init.optional("PAYMENT_WINDOW_SECONDS", 600_u32).unwrap_err().setting,
            "PAYMENT_WINDOW_SECONDS"
        );
        assert_eq!(init.optional("OTHER", 600_u32).unwrap(), 600);
    }
}
