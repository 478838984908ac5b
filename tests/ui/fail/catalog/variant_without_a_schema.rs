use hookwright::{Catalog, ObjectEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: u64,
}

#[derive(WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
}

fn main() {
    let _ = Catalog::of::<CrmEvent>();
}
