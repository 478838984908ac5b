use hookwright::WebhookEvent;

#[derive(serde::Serialize, WebhookEvent)]
#[webhook(name = "person.merged")]
struct PersonMerged {
    #[webhook(object = Person)]
    winner: String,
}

fn main() {
    let event = PersonMerged { winner: "p1".to_owned() }.event();
    println!("{}", serde_json::to_string(&event).unwrap());
}
