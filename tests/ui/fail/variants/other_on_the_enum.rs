use hookwright::{ObjectEvent, ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(WebhookEvents)]
#[webhook(other)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
}

fn main() {
    let event = CrmEvent::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
