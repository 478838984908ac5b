use hookwright::WebhookEvent;

#[derive(serde::Serialize, WebhookEvent)]
#[webhook(name = "person.merged")]
enum PersonMerged {
    Won,
}

fn main() {
    let event = PersonMerged::Won.event();
    println!("{}", serde_json::to_string(&event).unwrap());
}
