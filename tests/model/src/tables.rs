//! DynamoDB in memory: the tables of `shared/infrastructure/data.yaml` in dynoxide, and a copy of every item as plain JSON for the properties.

use std::collections::BTreeMap;

use dynoxide::{Database, DynoxideError};
use load::Failure;
use load::server::{Rules, Server};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::digest::{Masked, mask_item};

/// An item's table, partition key and sort key.
pub type ItemKey = (String, String, String);

/// The tables.
pub struct Tables {
    /// Made the tables, and keeps the database alive; nothing is asked of it by HTTP.
    _server: Server,
    database: Database,
    /// Every item that is there.
    items: BTreeMap<ItemKey, Value>,
    /// The items with which a run begins, as DynamoDB has them.
    opening: BTreeMap<ItemKey, Value>,
    /// Every item without its drawn ids, for digests.
    masked: BTreeMap<ItemKey, Masked>,
    /// Items that may differ from the opening.
    touched: Vec<ItemKey>,
}

/// What DynamoDB answers.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Tables {
    /// Makes the tables; returns them with the variables that name them to functions.
    pub fn create() -> Result<(Self, std::collections::HashMap<String, String>), Failure> {
        let server = Server::start(Rules::BARE)?;
        let variables = load::tables::create(&server)?;
        let database = server.database().clone();
        let tables = Self {
            _server: server,
            database,
            items: BTreeMap::new(),
            opening: BTreeMap::new(),
            masked: BTreeMap::new(),
            touched: Vec::new(),
        };
        Ok((tables, variables))
    }

    /// Every item, as plain JSON.
    pub fn items(&self) -> &BTreeMap<ItemKey, Value> {
        &self.items
    }

    /// Every item without its drawn ids.
    pub fn masked(&self) -> impl Iterator<Item = &Masked> {
        self.masked.values()
    }

    /// The items of one table.
    pub fn of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a ItemKey, &'a Value)> {
        self.items.iter().filter(move |((name, ..), _)| name == table)
    }

    /// Makes what is there now the beginning of every run.
    pub fn open_here(&mut self) -> Result<(), Failure> {
        self.opening.clear();
        for key in self.items.keys().cloned().collect::<Vec<_>>() {
            let stored = self.stored(&key)?;
            self.opening.insert(key, stored);
        }
        self.touched.clear();
        Ok(())
    }

    /// Makes the tables what they were when [`Self::open_here`] was called.
    pub fn reset(&mut self) -> Result<(), Failure> {
        for key in std::mem::take(&mut self.touched) {
            if let Some(item) = self.opening.get(&key) {
                let put = json!({"TableName": key.0, "Item": item});
                self.database.put_item(request(put)?).map_err(Failure::new)?;
                let plain = plain_item(item);
                self.masked.insert(key.clone(), mask_item(&key, &plain));
                self.items.insert(key, plain);
            } else {
                let delete = json!({"TableName": key.0, "Key": key_json(&key)});
                self.database.delete_item(request(delete)?).map_err(Failure::new)?;
                self.items.remove(&key);
                self.masked.remove(&key);
            }
        }
        Ok(())
    }

    /// Does what a request to DynamoDB asks for.
    pub fn perform(&mut self, operation: &str, body: &Value) -> Result<Answer, Failure> {
        let database = &self.database;
        let answered = match operation {
            "GetItem" => render(database.get_item(request(body.clone())?)),
            "BatchGetItem" => render(database.batch_get_item(request(body.clone())?)),
            "Query" => render(database.query(request(body.clone())?)),
            "UpdateItem" => render(database.update_item(request(body.clone())?)),
            "TransactWriteItems" => render(database.transact_write_items(request(body.clone())?)),
            other => return Err(Failure::new(format!("{other} is not served here"))),
        };
        let answer = answered?;
        if answer.status == 200 {
            for key in written(operation, body) {
                self.note(key)?;
            }
        }
        Ok(answer)
    }

    /// Changes the tables past all rules, for the opening of a run.
    pub fn put(&mut self, table: &str, item: &Value) -> Result<(), Failure> {
        let put = json!({"TableName": table, "Item": item});
        self.database.put_item(request(put)?).map_err(Failure::new)?;
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        self.note((table.to_owned(), text("PK"), text("SK")))
    }

    /// Reads an item again after it was written.
    fn note(&mut self, key: ItemKey) -> Result<(), Failure> {
        let stored = self.stored(&key)?;
        if stored.is_null() {
            self.items.remove(&key);
            self.masked.remove(&key);
        } else {
            let plain = plain_item(&stored);
            self.masked.insert(key.clone(), mask_item(&key, &plain));
            self.items.insert(key.clone(), plain);
        }
        self.touched.push(key);
        Ok(())
    }

    fn stored(&self, key: &ItemKey) -> Result<Value, Failure> {
        let get = json!({"TableName": key.0, "Key": key_json(key), "ConsistentRead": true});
        let found = self.database.get_item(request(get)?).map_err(Failure::new)?;
        serde_json::to_value(found.item).map_err(Failure::new)
    }
}

fn key_json((_, pk, sk): &ItemKey) -> Value {
    json!({"PK": {"S": pk}, "SK": {"S": sk}})
}

fn request<T: DeserializeOwned>(body: Value) -> Result<T, Failure> {
    serde_json::from_value(body).map_err(Failure::new)
}

fn render<T: Serialize>(answered: Result<T, DynoxideError>) -> Result<Answer, Failure> {
    match answered {
        Ok(answer) => Ok(Answer { status: 200, body: serde_json::to_string(&answer).map_err(Failure::new)? }),
        Err(error) => Ok(Answer { status: error.status_code(), body: error.to_json() }),
    }
}

/// The keys of the items that a request writes.
fn written(operation: &str, body: &Value) -> Vec<ItemKey> {
    let key = |action: &Value| {
        let attributes = if action["Item"].is_null() { &action["Key"] } else { &action["Item"] };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&action["TableName"]), text(&attributes["PK"]["S"]), text(&attributes["SK"]["S"]))
    };
    match operation {
        "UpdateItem" => vec![key(body)],
        "TransactWriteItems" => {
            let actions = body["TransactItems"].as_array().into_iter().flatten();
            let writes = actions.filter_map(|action| action.as_object());
            writes
                .filter_map(|action| action.iter().find(|(kind, _)| *kind != "ConditionCheck"))
                .map(|(_, action)| key(action))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// An item as DynamoDB writes it, as plain JSON.
fn plain_item(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
}

fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|typed| typed.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "N" => inner.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null),
        "L" => inner.as_array().map_or(Value::Null, |items| items.iter().map(plain).collect()),
        "M" => plain_item(inner),
        "NULL" => Value::Null,
        _ => inner.clone(),
    }
}
