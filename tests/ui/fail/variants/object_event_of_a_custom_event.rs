use hookwright::{ObjectEvent, ReadEvent, WebhookEvent, WebhookEvents};

#[derive(serde::Serialize, serde::Deserialize, WebhookEvent)]
#[webhook(name = "deal.won")]
struct DealWon {
    id: String,
}

#[derive(WebhookEvents)]
enum CrmEvent {
    Won(ObjectEvent<DealWon>),
}

fn main() {
    let event = CrmEvent::from_body(b"{}").unwrap();
    println!("{}", event.name());
}
