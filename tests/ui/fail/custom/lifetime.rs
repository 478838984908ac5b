use hookwright::WebhookEvent;

#[derive(serde::Serialize, WebhookEvent)]
#[webhook(name = "person.merged")]
struct PersonMerged<'a> {
    winner: &'a str,
}

fn main() {
    let event = PersonMerged { winner: "p1" }.event();
    println!("{}", serde_json::to_string(&event).unwrap());
}
