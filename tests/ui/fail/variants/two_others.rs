use hookwright::{ObjectEvent, RawEvent, ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    #[webhook(other)]
    Other(RawEvent),
    #[webhook(other)]
    Rest(RawEvent),
}

fn main() {
    let event = CrmEvent::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
