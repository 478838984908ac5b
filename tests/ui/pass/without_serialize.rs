// Next to a skipped or a redacted field, neither the record nor that field needs a `Serialize`.
#![deny(warnings)]

use std::cell::Cell;

use hookwright::WebhookObject;

/// Nothing can be asked of it, but whether two are the same.
#[derive(PartialEq)]
struct Opaque(*const u8);

#[derive(WebhookObject)]
struct Account {
    id: u64,
    #[webhook(redact)]
    password: Opaque,
    #[webhook(skip)]
    uses: Cell<fn(u8) -> u8>,
}

fn main() {
    let account = Account { id: 1, password: Opaque(std::ptr::null()), uses: Cell::new(|n| n + 1) };
    assert_eq!((account.uses.get())(1), 2);
    let body = serde_json::to_string(&account.created()).unwrap();
    assert!(body.contains(r#""data":{"id":1,"password":"[redacted]"}"#));
}
