use hookwright::{ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent {
    Person,
}

fn main() {
    let event = CrmEvent::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
