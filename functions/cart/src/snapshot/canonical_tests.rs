//! The canonical form against the RFC's own data, and signatures against those that another language made.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::*;

/// Made by `tests/snapshot/sign.py`, never by this code.
const VECTORS: &str = include_str!("../../../../tests/snapshot/vectors.json");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/snapshot/sign.py");

fn text(value: &Value) -> String {
    String::from_utf8(canonical(value).unwrap()).unwrap()
}

fn canonical_text(text_: &str) -> String {
    text(&serde_json::from_str(text_).unwrap())
}

#[test]
fn primitives_are_written_as_rfc_8785_section_3_2_2_writes_them() {
    let given = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical_text(given), expected);
}

#[test]
fn members_are_sorted_by_utf_16_as_in_section_3_2_3() {
    let given = r#"{
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let written = canonical_text(given);
    let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
    let places: Vec<_> = order.iter().map(|word| written.find(word).unwrap()).collect();
    assert!(places.is_sorted(), "{written}");
}

#[test]
fn numbers_are_written_as_in_appendix_b() {
    let samples = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, expected) in samples {
        // By way of text with every digit, so that reading is tested too.
        assert_eq!(canonical_text(&format!("{:.800e}", f64::from_bits(bits))), expected);
    }
}

#[test]
fn signatures_are_those_that_python_makes() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() > 3);
    for vector in vectors {
        let (name, key) = (vector["name"].as_str().unwrap(), vector["key"].as_str().unwrap());
        let keys = SnapshotKeys::parse(key).unwrap();
        let mut unsigned = vector["snapshot"].as_object().unwrap().clone();
        let signature = unsigned.remove("signature").unwrap();

        let received = serde_json::from_value(vector["snapshot"].clone()).unwrap();
        let read: Snapshot = serde_json::from_value(Value::Object(unsigned.clone())).unwrap();
        let verified = verify(
            &keys,
            &received,
            &crate::snapshot::Presenter::customer(read.user_id.user(&read.cart_id)),
            read.created_at,
        )
        .unwrap();
        assert_eq!(verified.snapshot(), &read, "{name}");

        let signed = keys.sign(read.clone()).unwrap();
        // What only another signer knows is in its signature and not in ours.
        if serde_json::to_value(&read).unwrap() == Value::Object(unsigned) {
            assert_eq!(json!(signed.signature), signature, "{name}");
        }
        assert_eq!(python(key, &vector["snapshot"]), signature.as_str().unwrap(), "{name}");
        let ours = serde_json::to_value(&signed).unwrap();
        assert_eq!(python(key, &ours), signed.signature, "{name}");
    }
}

/// The signature that the ten lines of Python make over `snapshot`.
fn python(key: &str, snapshot: &Value) -> String {
    let mut script = Command::new("python3")
        .args([SCRIPT, key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    script.stdin.take().unwrap().write_all(snapshot.to_string().as_bytes()).unwrap();
    let output = script.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
