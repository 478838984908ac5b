use hookwright::{ObjectEvent, ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent<T = Person> {
    Person(ObjectEvent<T>),
}

fn main() {
    let event = CrmEvent::<Person>::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
