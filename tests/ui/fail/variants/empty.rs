use hookwright::{ReadEvent, WebhookEvents, WebhookObject};

#[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent {}

fn main() {
    println!("{}", CrmEvent::from_body(b"{}").is_ok());
}
