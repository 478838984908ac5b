use hookwright::{Catalog, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: u64,
}

fn main() {
    let _ = Catalog::new().object::<Person>();
}
