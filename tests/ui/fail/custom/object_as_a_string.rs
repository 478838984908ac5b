use hookwright::{WebhookEvent, WebhookObject};

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    id: String,
}

#[derive(serde::Serialize, WebhookEvent)]
#[webhook(object = "Person", name = "merged")]
struct PersonMerged {
    winner: String,
}

fn main() {
    let event = PersonMerged { winner: "p1".to_owned() }.event();
    println!("{}", serde_json::to_string(&event).unwrap());
}
