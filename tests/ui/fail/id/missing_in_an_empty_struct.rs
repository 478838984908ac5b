use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person {}

fn main() {
    let record = Person {};
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
