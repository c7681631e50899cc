//! `make import`: files of any size through `POST /api/v1/products/import`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{Answer, customer, get, operator, setting, stock_of, unique_sku};

/// Lines that take several requests.
const MANY: usize = 2_500;

/// A file that is gone with its errors when the test ends.
struct File(PathBuf);

impl File {
    fn new(extension: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("holdfast-{}.{extension}", unique_sku()));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn errors_path(&self) -> PathBuf {
        PathBuf::from(format!("{}.errors.ndjson", self.0.display()))
    }

    /// Of each bad line: its number, its product, the code and the first pointer.
    fn errors(&self) -> Vec<Value> {
        let Ok(text) = fs::read_to_string(self.errors_path()) else { return Vec::new() };
        let mut errors: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        errors.sort_by_key(|error| error["line"].as_u64());
        let told =
            |error: &Value| json!([error["line"], error["id"], error["code"], error["errors"][0]["pointer"]]);
        errors.iter().map(told).collect()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_file(self.errors_path());
    }
}

/// What the tool says of `file`, with somebody's token.
fn import(file: &Path, token: &str) -> Output {
    import_from(file, "", token)
}

/// What the tool says of `file`, which was saved in `encoding`.
fn import_from(file: &Path, encoding: &str, token: &str) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut tool = Command::new(root.join(".venv/tools/bin/python"));
    tool.args(["-m", "holdfast", "import", "--stage", "local", "--file"]).arg(file).current_dir(root);
    tool.args(["--encoding", encoding]);
    tool.env("PYTHONPATH", "tools").env("HOLDFAST_API", setting("API_URL")).env("HOLDFAST_TOKEN", token);
    tool.output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn line(sku: &str, price: i64) -> Value {
    json!({"id": sku, "name": "Самовар", "price": price, "currency": "RUB", "warehouse": "msk-1", "available": 1})
}

async fn price_of(sku: &str) -> Value {
    Answer::to(get(&format!("/api/v1/products/{sku}/price"))).await.expect(200)["price"].clone()
}

#[tokio::test]
async fn a_file_of_many_requests_is_imported_and_its_bad_lines_named_by_their_own_numbers() {
    let prefix = unique_sku();
    let sku = |number: usize| format!("{prefix}-{number}");
    // Most of them are not for sale: other tests read the list to its end.
    let hidden = |number: usize| {
        let mut line = line(&sku(number), 100);
        line["isActive"] = json!(number > MANY - 5);
        line.to_string()
    };
    let mut lines: Vec<String> = (1..=MANY).map(hidden).collect();
    lines[0] = "nope".to_owned();
    lines[1_500] = line(&sku(1_501), -1).to_string();
    lines[MANY - 1].clear();
    // The same product once more, far away: this line is the later one.
    lines.push(line(&sku(2), 200).to_string());
    let file = File::new("ndjson", lines.join("\n"));
    let output = import(&file.0, &operator().await.token);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let expected =
        [json!([1, null, "malformed_line", ""]), json!([1_501, sku(1_501), "invalid_input", "/price"])];
    assert_eq!(file.errors(), expected, "{}", said(&output));
    assert!(
        said(&output).contains("2,497 new, 1 changed, 0 as they were; 2,497 opening stocks; 2 lines failed"),
        "{}",
        said(&output)
    );
    assert_eq!((price_of(&sku(2)).await, price_of(&sku(MANY - 2)).await), (json!(200), json!(100)));
    assert_eq!(stock_of(&sku(MANY - 1)).await, 1);
}

#[tokio::test]
async fn arrays_and_tables_are_sent_as_they_are() {
    let skus = [(); 5].map(|()| unique_sku());
    let array = format!(
        "[\n  {:#},\n\n  {},\n {}\n]\n",
        line(&skus[0], 100),
        line(&skus[1], -1),
        line(&skus[2], 300)
    );
    let table = format!(
        "id,name,price,currency,description\r\n\r\n{},Tea,400,RUB,\"two\r\nlines\"\r\n{},Tea,4.5,RUB,\r\n",
        skus[3], skus[4]
    );
    let (array, table) = (File::new("json", array), File::new("csv", table));
    let token = operator().await.token;
    for file in [&array, &table] {
        let output = import(&file.0, &token);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    }
    assert_eq!(array.errors(), [json!([11, skus[1], "invalid_input", "/price"])]);
    assert_eq!(table.errors(), [json!([5, skus[4], "invalid_input", "/price"])]);
    for (sku, price) in [(&skus[0], 100), (&skus[2], 300), (&skus[3], 400)] {
        assert_eq!(price_of(sku).await, price);
    }
}

#[tokio::test]
async fn a_good_file_ends_well_and_a_broken_one_is_kept_up_to_its_break() {
    let skus = [(); 2].map(|()| unique_sku());
    let token = operator().await.token;
    let good = File::new("jsonl", line(&skus[0], 100).to_string());
    for told in ["1 new, 0 changed, 0 as they were; 1 opening", "0 new, 0 changed, 1 as they were; 0 opening"]
    {
        let output = import(&good.0, &token);
        assert!(output.status.success() && said(&output).contains(told), "{}", said(&output));
    }
    assert!(!good.errors_path().exists());
    let broken = File::new("json", format!("[{},\n\n{{\"id\": 7", line(&skus[1], 100)));
    let output = import(&broken.0, &token);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(broken.errors(), [json!([3, null, "broken_file", ""])], "{}", said(&output));
    assert_eq!(price_of(&skus[1]).await, 100);
}

#[tokio::test]
async fn what_the_api_refuses_as_a_whole_is_said() {
    let file = File::new("ndjson", line(&unique_sku(), 100).to_string());
    let stranger = import(&file.0, &customer().await.token);
    assert_eq!(stranger.status.code(), Some(1));
    assert!(said(&stranger).contains("403 insufficient_scope"), "{}", said(&stranger));
    let table = File::new("csv", "sku,title\n1,Tea\n");
    let refused = import(&table.0, &operator().await.token);
    assert!(
        said(&refused).contains("422 invalid_input") && said(&refused).contains("/sku"),
        "{}",
        said(&refused)
    );
    let absent = import(Path::new("/nowhere.ndjson"), &operator().await.token);
    assert!(said(&absent).contains("/nowhere.ndjson can't be read"), "{}", said(&absent));
}

#[tokio::test]
async fn a_file_that_is_not_utf_8_is_refused_before_anything_is_sent_and_converted_when_its_encoding_is_named()
 {
    let skus = [(); 2].map(|()| unique_sku());
    let token = &operator().await.token;
    let head = format!("id,name,price,currency\n{},Tea,100,RUB\n{},", skus[0], skus[1]);
    let file = File::new("csv", [head.as_bytes(), b"\xd7\xe0\xe9,200,RUB\n"].concat());
    let output = import(&file.0, token);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let place = format!("line 3, byte {} of the file", head.len() + 1);
    assert!(said(&output).contains(&place) && said(&output).contains("ENCODING=cp1251"), "{}", said(&output));
    Answer::to(get(&format!("/api/v1/products/{}", skus[0]))).await.problem(404, "not_found");

    let output = import_from(&file.0, "cp1251", token);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let kept = Answer::to(get(&format!("/api/v1/products/{}", skus[1]))).await.expect(200);
    assert_eq!((&kept["name"], &kept["price"]), (&json!("Чай"), &json!(200)));
}
