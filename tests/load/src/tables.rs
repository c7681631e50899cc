//! The tables of `shared/infrastructure/data.yaml`, so that what is loaded is what is deployed.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::Failure;
use crate::server::Server;

/// The properties of a table that matter here. Streams are left out: the database behind is slow with them, and nothing reads them here.
const KEPT: [&str; 4] = ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"];

/// Makes every table of the template in `server`, under its logical id; answers the environment that a function would have.
pub fn create(server: &Server) -> Result<HashMap<String, String>, Failure> {
    let template = template()?;
    let mut variables = HashMap::new();
    for (name, properties) in tables(&template)? {
        variables.insert(variable(name), name.to_owned());
        let mut request = Map::from_iter([("TableName".to_owned(), json!(name))]);
        for property in KEPT {
            if let Some(value) = properties.get(property) {
                request.insert(property.to_owned(), serde_json::to_value(value).map_err(Failure::new)?);
            }
        }
        let request = serde_json::from_value(Value::Object(request)).map_err(Failure::new)?;
        server.database().create_table(request).map_err(Failure::new)?;
    }
    let fixed = [
        ("AWS_ENDPOINT_URL", server.endpoint()),
        ("AWS_REGION", "eu-north-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "load".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "load".to_owned()),
        ("STACK_NAME", "load".to_owned()),
        // A few buyers stand for many, and what is measured is how they meet at the stock.
        ("UNPAID_ORDERS_PER_ACCOUNT", "1000000".to_owned()),
        ("UNPAID_UNITS_PER_ACCOUNT", "1000000000".to_owned()),
        ("EXPIRY_QUEUE_URL", format!("{}/queue", server.endpoint())),
    ];
    variables.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    Ok(variables)
}

fn template() -> Result<Yaml, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/infrastructure/data.yaml");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    serde_yaml_ng::from_str(&text).map_err(Failure::new)
}

/// Each table's logical id and properties.
fn tables(template: &Yaml) -> Result<Vec<(&str, &Yaml)>, Failure> {
    let resources = template.get("Resources").and_then(Yaml::as_mapping);
    let resources = resources.ok_or_else(|| Failure::new("the template has no resources"))?;
    Ok(resources
        .iter()
        .filter(|(_, resource)| resource.get("Type").and_then(Yaml::as_str) == Some("AWS::DynamoDB::Table"))
        .filter_map(|(name, resource)| Some((name.as_str()?, resource.get("Properties")?)))
        .collect())
}

/// The variable by which functions know a table: `STOCK_TABLE` of `StockTable`.
fn variable(logical_id: &str) -> String {
    let mut name = String::new();
    for letter in logical_id.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Rules;

    #[test]
    fn every_table_of_the_template_is_made_and_named() {
        let server = Server::start(Rules::BARE).unwrap();
        let variables = create(&server).unwrap();
        let stock = server
            .database()
            .describe_table(serde_json::from_value(json!({"TableName": variables["STOCK_TABLE"]})).unwrap());
        assert!(stock.is_ok());
        assert_eq!(server.database().table_count().unwrap(), tables(&template().unwrap()).unwrap().len());
        assert_eq!(variables["JOURNAL_TABLE"], "JournalTable");
    }
}
