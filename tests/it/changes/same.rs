//! When two values are the same: by their bytes, or else as JSON.

use super::{Record, Shape, check, told};

fn same(left: &str, right: &str) {
    check(&[("a", left)], &[("a", right)], "");
    check(&[("a", right)], &[("a", left)], "");
}

fn different(left: &str, right: &str) {
    let told = |old: &str| format!(r#""updatedFields":["a"],"previous":{{"a":{old}}}"#);
    check(&[("a", left)], &[("a", right)], &told(left));
    check(&[("a", right)], &[("a", left)], &told(right));
}

#[test]
fn the_order_of_keys_does_not_count_at_any_depth() {
    same(r#"{"x":1,"y":2}"#, r#"{"y":2,"x":1}"#);
    same(r#"[{"x":{"y":[{"k":1,"l":2}],"z":3}}]"#, r#"[{"x":{"z":3,"y":[{"l":2,"k":1}]}}]"#);
    different(r#"{"x":1,"y":2}"#, r#"{"y":1,"x":2}"#);
    different(r#"{"x":1,"y":2}"#, r#"{"x":1}"#);
    different(r#"{"x":1}"#, r#"{"y":1}"#);
    different(r#"{"x":null}"#, "{}");
}

#[test]
fn the_order_of_a_list_counts() {
    different("[1,2]", "[2,1]");
    different("[1,2]", "[1]");
    different("[1]", "[1,1]");
    different("[]", "[[]]");
    same("[]", "[ ]");
}

#[test]
fn blanks_between_values_do_not_count() {
    same(r#"{"x":[1,2],"y":{}}"#, "{ \"y\" : { } ,\n\t\"x\" : [ 1 , 2 ] }");
    different(r#"" ""#, r#""""#);
}

#[test]
fn numbers_are_the_same_when_their_text_is() {
    different("1", "1.0");
    different("1e2", "100");
    different("0", "-0");
    different("0.0", "-0.0");
    different("9007199254740992", "9007199254740993");
    different("18446744073709551616", "18446744073709551617");
    different("340282366920938463463374607431768211454", "340282366920938463463374607431768211455");
    different("1e400", "1e401");
    different("[9007199254740992]", "[9007199254740993]");
    same(r#"{"x":1e400,"y":0}"#, r#"{"y":0,"x":1e400}"#);
}

#[test]
fn integers_beyond_64_bits_are_told_apart() {
    use hookwright::WebhookObject;

    #[derive(serde::Serialize, WebhookObject)]
    struct Account {
        id: u8,
        balance: u128,
        debt: i128,
    }

    let account = |balance, debt| Account { id: 1, balance, debt };
    let found = told(&account(u128::MAX - 1, i128::MIN), &account(u128::MAX, i128::MIN + 1));
    assert_eq!(
        found.expect("one account").as_deref(),
        Some(concat!(
            r#""updatedFields":["balance","debt"],"previous":{"balance":"#,
            "340282366920938463463374607431768211454,",
            r#""debt":-170141183460469231731687303715884105728}"#
        ))
    );
    assert_eq!(told(&account(1 << 64, 0), &account(1 << 64, 0)).expect("one account"), None);
}

#[test]
fn text_is_the_same_however_it_is_escaped() {
    same(r#""é/\"A""#, r#""\u00e9\/\u0022\u0041""#);
    same(r#""🦀\n""#, r#""\ud83e\udd80\u000A""#);
    same(r#"["\u0041"]"#, r#"["A"]"#);
    same(r#"{"\u0041":1,"b":2}"#, r#"{"b":2,"A":1}"#);
    different(r#""\\u0041""#, r#""A""#);
    different(r#""e\u0301""#, r#""é""#);
    different(r#""a""#, r#""A""#);
}

#[test]
fn text_that_is_no_unicode_is_compared_by_its_bytes() {
    same(r#""\ud800""#, r#""\ud800""#);
    different(r#""\ud800""#, r#""\ud801""#);
    different(r#"{"\ud800":1,"b":2}"#, r#"{"b":2,"\ud800":1}"#);
}

#[test]
fn values_of_different_kinds_are_different() {
    let kinds = ["null", "true", "false", "0", r#""""#, r#""0""#, "[]", "{}"];
    for (index, left) in kinds.iter().enumerate() {
        for right in &kinds[index + 1..] {
            different(left, right);
        }
    }
}

/// A value inside so many lists or objects.
fn nested(depth: usize, inner: &str) -> [String; 2] {
    [
        format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth)),
        format!("{}{inner}{}", r#"{"k":"#.repeat(depth), "}".repeat(depth)),
    ]
}

#[test]
fn values_as_deep_as_serde_json_reads_are_compared_as_json() {
    for depth in [1, 100, 127] {
        let [list, object] = nested(depth, r#"{"x":1,"y":2}"#);
        let [same_list, same_object] = nested(depth, r#"{"y":2,"x":1}"#);
        let [other_list, other_object] = nested(depth, r#"{"y":1,"x":2}"#);
        same(&list, &same_list);
        same(&object, &same_object);
        different(&list, &other_list);
        different(&object, &other_object);
    }
}

#[test]
fn values_of_any_depth_are_compared() {
    for depth in [128, 200, 1000] {
        let [list, object] = nested(depth, "1");
        let [other_list, other_object] = nested(depth, "2");
        same(&list, &list);
        same(&object, &object);
        different(&list, &other_list);
        different(&object, &other_object);
    }
}

#[test]
fn a_value_of_five_thousand_levels_ends_no_process() {
    let [list, object] = nested(5_000, "1");
    let [other_list, other_object] = nested(5_000, "2");
    for (old, new) in [(list, other_list), (object, other_object)] {
        for shape in [Shape::Struct, Shape::Map] {
            let record = |json: &str| Record::new(&[("a", json)], shape);
            let told = told(&record(&old), &record(&new)).expect("it is compared");
            assert!(told.is_some_and(|told| told.starts_with(r#""updatedFields":["a"]"#)));
        }
    }
}
