use hookwright::{ObjectEvent, ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
#[webhook(name = "person")]
struct Contact {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    Contact(ObjectEvent<Contact>),
}

fn main() {
    let event = CrmEvent::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
